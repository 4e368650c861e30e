// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "chain/abi/call.hpp"
#include "chain/abi/query.hpp"
#include "chain/pool/registry.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {

/// What the position manager and the NFT say about themselves.
struct V3Nft {
    Address owner;  // who holds it: a staking contract, when it is staked
    Address factory;
    Address token0;
    Address token1;
    std::int32_t pool_key = 0;  // tells the pools of two tokens apart: the fee in pips, or the tick spacing
    TickRange range;
    FeeAccount account;
};

/// One end of a range, as the pool has it.
struct V3TickState {
    FeeGrowth outside;
    bool live = false;
};

/// Where a fork of Uniswap v3 answers differently. The forks changed what the functions return, not what the
/// numbers mean: a new fork is a value of this type and a line in registry.cpp.
struct V3Dialect {
    /// What positions() reverts with for an NFT that does not exist; empty when the word is too short to be
    /// told from another reason.
    std::string_view missing_nft;
    /// The NFT's own record, without its holder and factory.
    Query<V3Nft> (*record)(const PoolSpec&);
    /// The pool of the NFT, asked of its factory; zero when that knows none.
    Query<Address> (*pool_of)(ChainId, const V3Nft&);
    Query<PoolPrice> (*price)(ChainId, const Address& pool);
    Query<V3TickState> (*tick)(ChainId, const Address& pool, Tick);
    /// Whose the NFT is, according to the contract it is staked in: PoolSpec::staked_in. Zero when that names
    /// nobody, or only denies that it is PoolSpec::owner's.
    Query<Address> (*staker)(const PoolSpec&);
    /// The pool's fee in pips, where it is not the pool's key.
    Query<std::uint32_t> (*fee)(ChainId, const Address& pool) = nullptr;
    /// The contract that gets the fees of the NFTs it holds, so that they are not their owners'; zero when
    /// the pool has none. A null pointer where forks know no such thing.
    Query<Address> (*gauge)(ChainId, const Address& pool) = nullptr;
};

// ---- readers the forks share
// -------------------------------------------------------------------------------

/// F: positions(uint256), whose twelve answers are in the order of Uniswap's.
template <class F>
Query<V3Nft> v3_record(const PoolSpec& spec) {
    return map(
        eth_query<F>(spec.chain, spec.position_manager, spec.token_id), [](const typename F::Return& p) {
            const auto tick = [](const abi::Int<24>& v) {
                return Tick(static_cast<std::int32_t>(v.value()));
            };
            return V3Nft{.owner = {},
                         .factory = {},
                         .token0 = std::get<2>(p),
                         .token1 = std::get<3>(p),
                         .pool_key = static_cast<std::int32_t>(std::get<4>(p).value()),
                         .range = {tick(std::get<5>(p)), tick(std::get<6>(p))},
                         .account = {.liquidity = std::get<7>(p).value(),
                                     .inside_last = {std::get<8>(p), std::get<9>(p)},
                                     .tokens_owed = {std::get<10>(p).value(), std::get<11>(p).value()}}};
        });
}

/// The pool of two tokens and a fee.
inline Query<Address> v3_pool_by_fee(ChainId chain, const V3Nft& nft) {
    const abi::UInt<24> fee(static_cast<std::uint64_t>(nft.pool_key));
    return eth_query<v3::GetPool>(chain, nft.factory, nft.token0, nft.token1, fee);
}

/// F: slot0(), which begins with the square root of the price and the tick.
template <class F>
Query<PoolPrice> v3_slot_price(ChainId chain, const Address& pool) {
    return map(eth_query<F>(chain, pool), [](const typename F::Return& slot) {
        return PoolPrice{std::get<0>(slot).value(),
                         Tick(static_cast<std::int32_t>(std::get<1>(slot).value()))};
    });
}

/// F: ticks(int24), with the two fee growths from place `outside` on and the flag at place `live`.
template <class F, std::size_t Outside, std::size_t Live>
Query<V3TickState> v3_tick(ChainId chain, const Address& pool, Tick tick) {
    return map(eth_query<F>(chain, pool, abi::Int<24>(tick.value)), [](const typename F::Return& t) {
        return V3TickState{{std::get<Outside>(t), std::get<Outside + 1>(t)}, std::get<Live>(t)};
    });
}

/// F: a function of the staking contract and the NFT's id, with the depositor at place `user`.
template <class F, std::size_t User>
Query<Address> v3_depositor(const PoolSpec& spec) {
    return map(eth_query<F>(spec.chain, spec.staked_in, spec.token_id),
               [](const typename F::Return& stake) { return std::get<User>(stake); });
}

}  // namespace outrigger
