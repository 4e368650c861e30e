// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/address_class.hpp"

#include <algorithm>
#include <array>

namespace outrigger {
namespace {

AddressClass classify_v4(ByteView a) {
    if (a[0] == 127 || a[0] == 0) return AddressClass::loopback;  // 0.0.0.0 connects to this machine
    if (a[0] == 169 && a[1] == 254) return AddressClass::link_local;
    if (a[0] >= 224) return AddressClass::link_local;  // multicast, reserved, broadcast
    // 100.100.100.200 is Alibaba's metadata service, inside the shared range.
    if (a[0] == 100 && a[1] == 100 && a[2] == 100 && a[3] == 200) return AddressClass::link_local;
    if (a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
        (a[0] == 100 && (a[1] & 0xc0) == 64)) {
        return AddressClass::private_net;
    }
    return AddressClass::public_net;
}

AddressClass classify_v6(ByteView a) {
    const auto zeros = [&](std::size_t first, std::size_t last) {
        return std::all_of(a.begin() + static_cast<std::ptrdiff_t>(first),
                           a.begin() + static_cast<std::ptrdiff_t>(last),
                           [](std::uint8_t b) { return b == 0; });
    };
    if (zeros(0, 10) && a[10] == 0xff && a[11] == 0xff) return classify_v4(a.subspan(12));  // v4-mapped
    if (a[0] == 0x00 && a[1] == 0x64 && a[2] == 0xff && a[3] == 0x9b && zeros(4, 12)) {     // NAT64
        return classify_v4(a.subspan(12));
    }
    if (zeros(0, 15)) return AddressClass::loopback;  // :: and ::1 (and the unused rest of ::/120)
    if (a[0] == 0xfe || a[0] == 0xff) return AddressClass::link_local;  // link-local, site-local, multicast
    constexpr std::array<std::uint8_t, 16> kAwsMetadata{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0,
                                                        0,    0,    0,    0,    0, 0, 2, 0x54};
    if (std::equal(a.begin(), a.end(), kAwsMetadata.begin())) return AddressClass::link_local;
    if ((a[0] & 0xfe) == 0xfc) return AddressClass::private_net;
    return AddressClass::public_net;
}

}  // namespace

AddressClass classify_address(ByteView address) {
    if (address.size() == 4) return classify_v4(address);
    if (address.size() == 16) return classify_v6(address);
    return AddressClass::link_local;
}

}  // namespace outrigger
