// SPDX-License-Identifier: Apache-2.0
#include "config/position_kind.hpp"

#include <fmt/format.h>

#include "chain/base/hex.hpp"

namespace outrigger::config {

std::string describe(const PositionRef& ref) {
    const PositionKind* kind = position_kind(ref.kind);
    if (kind == nullptr) return ref.kind;
    if (kind->by_pair) return fmt::format("{} pair {}", kind->title, checksum_address(ref.pair));
    return fmt::format("{} NFT {}{}", kind->title, ref.id,
                       ref.staked_in == Address{} ? "" : ", staked in " + checksum_address(ref.staked_in));
}

}  // namespace outrigger::config
