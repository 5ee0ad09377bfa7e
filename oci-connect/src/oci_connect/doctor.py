"""doctor: placeholder"""
