// SPDX-License-Identifier: Apache-2.0
#include "config/position_kind.hpp"

#include <fmt/format.h>

#include "chain/base/hex.hpp"

namespace outrigger::config {

std::string describe(const PositionRef& ref) {
    const PositionKind* kind = position_kind(ref.kind);
    if (kind == nullptr) return ref.kind;
    return kind->by_pair ? fmt::format("{} pair {}", kind->title, checksum_address(ref.pair))
                         : fmt::format("{} NFT {}", kind->title, ref.id);
}

}  // namespace outrigger::config
