// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v3_dialect.hpp"

#include <tuple>

#include "chain/abi/call.hpp"
#include "chain/pool/abi_tick.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"

namespace outrigger {
namespace {

/// The fields after the pool's key, which are the same in every fork.
template <class Positions>
V3Nft common_fields(const Positions& p) {
    V3Nft nft;
    nft.token0 = std::get<2>(p);
    nft.token1 = std::get<3>(p);
    nft.range = {to_tick(std::get<5>(p)), to_tick(std::get<6>(p))};
    nft.account = {.liquidity = std::get<7>(p).value(),
                   .inside_last = {std::get<8>(p), std::get<9>(p)},
                   .tokens_owed = {std::get<10>(p).value(), std::get<11>(p).value()}};
    return nft;
}

Query<V3Nft> nft_by_fee(ChainId chain, const Address& manager, const U256& id) {
    return map(eth_query<v3::Positions>(chain, manager, id), [](const v3::PositionsReturn& p) {
        V3Nft nft = common_fields(p);
        nft.fee_pips = static_cast<std::uint32_t>(std::get<4>(p).value());
        return nft;
    });
}

Query<V3Nft> nft_by_spacing(ChainId chain, const Address& manager, const U256& id) {
    return map(eth_query<slipstream::Positions>(chain, manager, id),
               [](const slipstream::PositionsReturn& p) {
                   V3Nft nft = common_fields(p);
                   nft.tick_spacing = static_cast<std::int32_t>(std::get<4>(p).value());
                   return nft;
               });
}

Query<Address> pool_by_fee(ChainId chain, const Address& factory, const V3Nft& nft) {
    return eth_query<v3::GetPool>(chain, factory, nft.token0, nft.token1, abi::UInt<24>(nft.fee_pips));
}
Query<Address> pool_by_spacing(ChainId chain, const Address& factory, const V3Nft& nft) {
    return eth_query<slipstream::GetPool>(chain, factory, nft.token0, nft.token1,
                                          abi::Int<24>(nft.tick_spacing));
}

template <class Slot0>
Query<PoolPrice> price_of(ChainId chain, const Address& pool) {
    return map(eth_query<Slot0>(chain, pool), [](const auto& slot) {
        return PoolPrice{std::get<0>(slot).value(), to_tick(std::get<1>(slot))};
    });
}

/// A tick whose fee growth stands at a place of ticks()'s answer; whether it is live comes last.
template <class Ticks, std::size_t GrowthAt>
Query<V3Tick> tick_of(ChainId chain, const Address& pool, Tick tick) {
    return map(eth_query<Ticks>(chain, pool, from_tick(tick)), [](const auto& t) {
        constexpr std::size_t last = std::tuple_size_v<std::decay_t<decltype(t)>> - 1;
        return V3Tick{{std::get<GrowthAt>(t), std::get<GrowthAt + 1>(t)}, std::get<last>(t)};
    });
}

Query<std::uint32_t> fee_of(ChainId chain, const Address& pool) {
    return map(eth_query<slipstream::Fee>(chain, pool),
               [](const abi::UInt<24>& fee) { return static_cast<std::uint32_t>(fee.value()); });
}

Query<Address> gauge_of(ChainId chain, const Address& pool) {
    return eth_query<slipstream::Gauge>(chain, pool);
}

Query<Address> staker_of_uniswap(ChainId chain, const Address& staking, const U256& id,
                                 const Address& /*owner*/) {
    return map(eth_query<v3::Deposits>(chain, staking, id),
               [](const v3::DepositsReturn& d) { return std::get<0>(d); });
}
Query<Address> staker_of_pancake(ChainId chain, const Address& staking, const U256& id,
                                 const Address& /*owner*/) {
    return map(eth_query<pancake_v3::UserPositionInfos>(chain, staking, id),
               [](const pancake_v3::UserPositionInfosReturn& d) { return std::get<6>(d); });
}
Query<Address> staker_of_slipstream(ChainId chain, const Address& staking, const U256& id,
                                    const Address& owner) {
    return map(eth_query<slipstream::StakedContains>(chain, staking, owner, id),
               [owner](bool contains) { return contains ? owner : Address{}; });
}

constexpr auto kTickOfV3 = tick_of<v3::Ticks, 2>;

}  // namespace

const V3Dialect kUniswapV3{"uniswap-v3", nft_by_fee, pool_by_fee,      price_of<v3::Slot0>,
                           kTickOfV3,    nullptr,    staker_of_uniswap};
const V3Dialect kSushiV3{"sushi-v3", nft_by_fee, pool_by_fee,      price_of<v3::Slot0>,
                         kTickOfV3,  nullptr,    staker_of_uniswap};
const V3Dialect kPancakeV3{"pancake-v3", nft_by_fee, pool_by_fee,      price_of<pancake_v3::Slot0>,
                           kTickOfV3,    nullptr,    staker_of_pancake};
const V3Dialect kSlipstream{"slipstream",
                            nft_by_spacing,
                            pool_by_spacing,
                            price_of<slipstream::Slot0>,
                            tick_of<slipstream::Ticks, 3>,
                            fee_of,
                            staker_of_slipstream,
                            gauge_of};

}  // namespace outrigger
