// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/uniswap_v2.hpp"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/abi/erc20.hpp"
#include "chain/base/hex.hpp"
#include "chain/pool/gather.hpp"
#include "chain/pool/uniswap_v2_abi.hpp"
#include "chain/pool/v2_math.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {
namespace {

constexpr std::uint32_t kFeePips = 3000;

std::string where(const PoolSpec& spec) {
    return fmt::format("position '{}' (pair {})", spec.name, checksum_address(spec.pair));
}

/// The square root of the price in Q64.96, from reserves of at most 112 bits.
U256 sqrt_price_of(const U256& reserve0, const U256& reserve1) {
    return isqrt((reserve1 << 144) / reserve0) << 24;
}

class UniswapV2 final : public Pool {
  public:
    UniswapV2(PoolSpec spec, V2Identity identity, TokenInfo token0, TokenInfo token1)
        : spec_(std::move(spec)),
          identity_(std::move(identity)),
          token0_(std::move(token0)),
          token1_(std::move(token1)) {}

    const std::string& name() const override { return spec_.name; }

    Query<LpView> position() const override {
        const ChainId chain = spec_.chain;
        auto reads = gather(
            eth_query<v2::GetReserves>(chain, spec_.pair), eth_query<erc20::TotalSupply>(chain, spec_.pair),
            eth_query<erc20::BalanceOf>(chain, spec_.pair, spec_.owner),
            eth_query<erc20::BalanceOf>(chain, token0_.address, spec_.pair),
            eth_query<erc20::BalanceOf>(chain, token1_.address, spec_.pair),
            eth_query<v2::KLast>(chain, spec_.pair), eth_query<v2::FeeTo>(chain, identity_.factory));
        return map(std::move(reads), [self = *this](const auto& answers) -> Result<LpView> {
            auto view = self.read(answers);
            if (!view)
                return fail(view.error().code, fmt::format("{}: {}", where(self.spec_), view.error().what));
            return view;
        });
    }

  private:
    template <class Answers>
    Result<LpView> read(const Answers& answers) const {
        const auto reserves = OR_TRY(std::get<0>(answers));
        const V2Pair pair{.reserve0 = std::get<0>(reserves).value(),
                          .reserve1 = std::get<1>(reserves).value(),
                          .balance0 = OR_TRY(std::get<3>(answers)),
                          .balance1 = OR_TRY(std::get<4>(answers)),
                          .total_supply = OR_TRY(std::get<1>(answers)),
                          .k_last = OR_TRY(std::get<5>(answers)),
                          .fee_on = OR_TRY(std::get<6>(answers)) != Address{}};
        return view(pair, OR_TRY(std::get<2>(answers)));
    }

    Result<LpView> view(const V2Pair& pair, const U256& shares) const {
        if (pair.reserve0.is_zero() || pair.reserve1.is_zero())
            return fail(Errc::decode, "the pair is empty: it has no price");
        LpView v;
        v.state = shares.is_zero() ? PositionState::emptied : PositionState::open;
        v.owner = spec_.owner;
        v.principal = OR_TRY(v2_share_amounts(pair, shares));
        const double scale = std::pow(10.0, (token0_.decimals + token1_.decimals) / 2.0);
        v.curve = {.asset0 = token0_.asset,
                   .asset1 = token1_.asset,
                   .liquidity = std::sqrt(v.principal.amount0.to_double()) *
                                std::sqrt(v.principal.amount1.to_double()) / scale,
                   .price_lower = 0,
                   .price_upper = std::numeric_limits<double>::infinity()};
        v.decimals0 = token0_.decimals;
        v.decimals1 = token1_.decimals;
        v.liquidity = shares;
        v.sqrt_price_x96 = sqrt_price_of(pair.reserve0, pair.reserve1);
        v.tick = OR_TRY(sqrt_price_to_tick(v.sqrt_price_x96));
        v.tick_lower = kMinTick;
        v.tick_upper = kMaxTick;
        v.pool_price = pair.reserve1.to_double() / pair.reserve0.to_double() *
                       std::pow(10.0, token0_.decimals - token1_.decimals);
        v.fee_pips = kFeePips;
        v.in_range = true;
        return v;
    }

    PoolSpec spec_;
    V2Identity identity_;
    TokenInfo token0_;
    TokenInfo token1_;
};

Result<V2Identity> identify(BatchReader& reader, const Pins& pins, const PoolSpec& spec) {
    const ChainId chain = spec.chain;
    const auto pair = OR_TRY(reader.read(
        pins, gather(eth_query<v2::Factory>(chain, spec.pair), eth_query<v2::Token0>(chain, spec.pair),
                     eth_query<v2::Token1>(chain, spec.pair))));
    const Address factory = OR_TRY(std::get<0>(pair));
    const Address token0 = OR_TRY(std::get<1>(pair));
    const Address token1 = OR_TRY(std::get<2>(pair));
    const auto known =
        OR_TRY(reader.read(pins, gather(eth_query<v2::GetPair>(chain, factory, token0, token1),
                                        identify_token(chain, token0), identify_token(chain, token1))));
    if (OR_TRY(std::get<0>(known)) != spec.pair) {
        return fail(Errc::not_found, fmt::format("the factory {} does not know this pair; check its address",
                                                 checksum_address(factory)));
    }
    return V2Identity{factory, OR_TRY(std::get<1>(known)), OR_TRY(std::get<2>(known))};
}

}  // namespace

Result<std::unique_ptr<Pool>> make_uniswap_v2(const PoolSpec& spec, const V2Identity& identity,
                                              const TokenTable& tokens) {
    auto token0 = OR_TRY(known_token(where(spec), tokens, identity.token0));
    auto token1 = OR_TRY(known_token(where(spec), tokens, identity.token1));
    return std::make_unique<UniswapV2>(spec, identity, std::move(token0), std::move(token1));
}

Result<std::unique_ptr<Pool>> open_uniswap_v2(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                              const TokenTable& tokens) {
    if (spec.owner == Address{}) {
        return fail(Errc::config,
                    fmt::format("{}: a share of a pair needs its owner: set positions.*.owner", where(spec)));
    }
    const auto identity = identify(reader, pins, spec);
    if (!identity)
        return fail(identity.error().code, fmt::format("{}: {}", where(spec), identity.error().what));
    return make_uniswap_v2(spec, *identity, tokens);
}

}  // namespace outrigger
