// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "chain/base/bytes.hpp"

namespace outrigger {

/// How far away an IP address is, which decides what may be said to it.
enum class AddressClass : std::uint8_t {
    loopback,     // this machine
    private_net,  // a local network or VPN
    link_local,   // where cloud metadata services live, multicast, reserved: never a node
    public_net,
};

/// The class of an IPv4 (4 bytes) or IPv6 (16 bytes) address; link_local for any other length.
/// Source: RFC 6890 and the cloud providers' metadata addresses.
AddressClass classify_address(ByteView address);

}  // namespace outrigger
