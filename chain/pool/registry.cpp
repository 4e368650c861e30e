// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/registry.hpp"

#include <fmt/format.h>

#include <array>

#include "chain/base/hex.hpp"
#include "chain/pool/uniswap_v2.hpp"
#include "chain/pool/uniswap_v3.hpp"
#include "chain/pool/uniswap_v4.hpp"

namespace outrigger {
namespace {

using PoolFactory = Result<std::unique_ptr<Pool>> (*)(BatchReader&, const Pins&, const PoolSpec&,
                                                      const TokenTable&);
struct PoolKind {
    std::string_view name;
    PoolFactory open;
};

/// A fork of Uniswap v3.
template <const V3Dialect& speech>
Result<std::unique_ptr<Pool>> open_fork(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                        const TokenTable& tokens) {
    return open_uniswap_v3(reader, pins, spec, tokens, speech);
}

constexpr std::array kPoolKinds{
    PoolKind{"uniswap-v2", open_uniswap_v2},       PoolKind{"uniswap-v3", open_fork<kUniswapV3>},
    PoolKind{"uniswap-v4", open_uniswap_v4},       PoolKind{"sushi-v3", open_fork<kSushiV3>},
    PoolKind{"pancake-v3", open_fork<kPancakeV3>}, PoolKind{"slipstream", open_fork<kSlipstream>},
};

}  // namespace

std::vector<std::string_view> pool_kinds() {
    std::vector<std::string_view> names;
    names.reserve(kPoolKinds.size());
    for (const auto& kind : kPoolKinds) names.push_back(kind.name);
    return names;
}

std::string position_key(const PoolSpec& spec) {
    return fmt::format("{} {} of {} in {}", spec.kind, spec.token_id.to_decimal(),
                       to_hex(spec.position_manager), to_hex(spec.staked_in));
}

Result<std::unique_ptr<Pool>> open_pool(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                        const TokenTable& tokens) {
    for (const auto& kind : kPoolKinds) {
        if (kind.name == spec.kind) return kind.open(reader, pins, spec, tokens);
    }
    return fail(Errc::config, fmt::format("position '{}': unknown kind '{}'; use one of: {}", spec.name,
                                          spec.kind, fmt::join(pool_kinds(), ", ")));
}

}  // namespace outrigger
