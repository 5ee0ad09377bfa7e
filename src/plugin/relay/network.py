"""Whose an address is: what the relay bounds, it bounds for each client, and a client has many addresses of IPv6."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

PREFIX = 64  # bits of an IPv6 address that name a client's network; in it, any address is his


def network_of(address: str) -> str:
    """Return an IPv4 address as it is, of an IPv6 address its network, and what is no address as it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), PREFIX), strict=False))
