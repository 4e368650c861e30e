// SPDX-License-Identifier: Apache-2.0
#include "chain/base/result.hpp"

namespace outrigger {

std::string_view to_string(Errc code) {
    switch (code) {
        case Errc::timeout: return "timeout";
        case Errc::transport: return "transport";
        case Errc::rpc: return "rpc";
        case Errc::decode: return "decode";
        case Errc::stale: return "stale";
        case Errc::reorged: return "reorged";
        case Errc::not_found: return "not_found";
        case Errc::rejected: return "rejected";
        case Errc::reverted: return "reverted";
        case Errc::config: return "config";
        case Errc::key: return "key";
        case Errc::storage: return "storage";
        case Errc::unsupported: return "unsupported";
    }
    return "unknown";
}

}  // namespace outrigger
