"""Benchmark, soak test, fuzzer and mutation test."""
