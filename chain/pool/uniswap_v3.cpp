// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/uniswap_v3.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "chain/base/quantize.hpp"
#include "chain/pool/gather.hpp"
#include "chain/pool/nft_record.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"

namespace outrigger {
namespace {

std::string where(const PoolSpec& spec) {
    return fmt::format("position '{}' (NFT {} of {})", spec.name, spec.token_id.to_decimal(),
                       checksum_address(spec.position_manager));
}

/// The NFT's own record, or why there is none.
///
/// positions() reverts for nothing but a missing NFT, but a revert is only a node's word: it counts when it
/// carries the contract's reason or when ownerOf, which keeps its own books, reverts as well.
Result<V3Nft> existing(const Result<V3Nft>& position, const Result<Address>& owner) {
    if (position) return position;
    const Error& why = position.error();
    const bool named = why.what.find("Invalid token ID") != std::string::npos;
    const bool both = !owner && owner.error().code == Errc::reverted;
    if (why.code == Errc::reverted && (named || both)) {
        return fail(Errc::not_found,
                    fmt::format("the position manager has no such NFT ({}); it was burned, or "
                                "the id is wrong: check positions.*.token_id",
                                why.what));
    }
    return position;
}

/// What an earlier start kept of the NFT, if anything. Errors: Errc::decode
Result<std::optional<NftRecord>> recorded(const PoolSpec& spec) {
    auto record = recorded_nft(spec.record);
    if (record) return record;
    return fail(record.error().code, fmt::format("{}: {}", where(spec), record.error().what));
}

/// Whom the NFT must belong to from now on: the contract it is staked in, the configured owner, or whoever
/// owned it at the first start.
Result<Address> expected_owner(const PoolSpec& spec, const V3Nft& nft) {
    if (spec.staked_in != Address{}) return spec.staked_in;
    if (spec.owner != Address{}) return spec.owner;
    const auto record = OR_TRY(recorded(spec));
    return record ? record->owner : nft.owner;
}

/// An NFT that is no more, as an earlier start saw it.
V3Nft nft_of(const NftRecord& r) {
    V3Nft nft;
    nft.owner = r.owner;
    nft.token0 = r.token0;
    nft.token1 = r.token1;
    nft.fee_pips = r.fee_pips;
    nft.tick_spacing = r.tick_spacing;
    nft.range = r.range;
    return nft;
}

/// The state of the pool around one range, at one block.
struct PoolState {
    PoolPrice price;
    FeeGrowth global;
    TickGrowth outside;
    bool ticks_live = false;
    FeeAccount manager;  // the position manager's account at the pool
    FeeAccount holder;   // that of who holds the NFT, where it may be the gauge
    Address gauge;       // zero: none
    std::uint32_t fee_pips = 0;
};

/// A query that needs no reading.
template <class T>
Query<T> known(T value) {
    return {{}, [value](typename Query<T>::Answers) -> Result<T> { return value; }};
}

using PoolAnswers =
    std::tuple<Result<PoolPrice>, Result<U256>, Result<U256>, Result<V3Tick>, Result<V3Tick>,
               Result<FeeAccount>, Result<std::uint32_t>, Result<Address>, Result<FeeAccount>>;

Query<FeeAccount> account_of(ChainId chain, const V3Identity& identity, const Address& holder) {
    return map(eth_query<v3::PoolPositions>(chain, identity.pool, v3_position_key(holder, identity.range)),
               [](const v3::PoolPositionsReturn& held) {
                   return FeeAccount{.liquidity = std::get<0>(held).value(),
                                     .inside_last = {std::get<1>(held), std::get<2>(held)},
                                     .tokens_owed = {std::get<3>(held).value(), std::get<4>(held).value()}};
               });
}

Query<PoolAnswers> pool_query(ChainId chain, const V3Identity& identity, const Address& manager,
                              const V3Dialect& speech) {
    const Address& pool = identity.pool;
    const bool gauged = speech.gauge != nullptr;
    return gather(speech.price(chain, pool), eth_query<v3::FeeGrowthGlobal0>(chain, pool),
                  eth_query<v3::FeeGrowthGlobal1>(chain, pool),
                  speech.tick(chain, pool, identity.range.lower),
                  speech.tick(chain, pool, identity.range.upper), account_of(chain, identity, manager),
                  speech.fee != nullptr ? speech.fee(chain, pool) : known(identity.fee_pips),
                  gauged ? speech.gauge(chain, pool) : known(Address{}),
                  gauged ? account_of(chain, identity, identity.owner) : known(FeeAccount{}));
}

Result<PoolState> to_state(const PoolAnswers& answers) {
    const auto lower = OR_TRY(std::get<3>(answers));
    const auto upper = OR_TRY(std::get<4>(answers));
    PoolState s;
    s.price = OR_TRY(std::get<0>(answers));
    s.global = {OR_TRY(std::get<1>(answers)), OR_TRY(std::get<2>(answers))};
    s.outside = {.lower = lower.outside, .upper = upper.outside};
    s.ticks_live = lower.live && upper.live;
    s.manager = OR_TRY(std::get<5>(answers));
    s.fee_pips = OR_TRY(std::get<6>(answers));
    s.gauge = OR_TRY(std::get<7>(answers));
    s.holder = OR_TRY(std::get<8>(answers));
    if (s.price.sqrt_price_x96.is_zero())
        return fail(Errc::decode, "the pool has no price: it was never initialised");
    OR_TRY(check_pool_price(s.price));
    return s;
}

/// What collecting pays an NFT whose fees are its gauge's.
TokenAmounts owed_in_gauge(const FeeAccount& nft, const FeeAccount& gauge) {
    return {std::min(nft.tokens_owed.amount0, gauge.tokens_owed.amount0),
            std::min(nft.tokens_owed.amount1, gauge.tokens_owed.amount1)};
}

class UniswapV3 final : public Pool {
  public:
    UniswapV3(const V3Dialect& speech, PoolSpec spec, V3Identity identity, TokenInfo token0, TokenInfo token1)
        : speech_(&speech),
          spec_(std::move(spec)),
          identity_(std::move(identity)),
          token0_(std::move(token0)),
          token1_(std::move(token1)) {}

    const std::string& name() const override { return spec_.name; }

    std::optional<Address> observed_pool() const override {
        if (speech_->kind != kUniswapV3.kind) return std::nullopt;
        return identity_.pool;
    }
    std::string record() const override {
        return to_text(NftRecord{.owner = identity_.owner,
                                 .token0 = identity_.token0.address,
                                 .token1 = identity_.token1.address,
                                 .fee_pips = identity_.fee_pips,
                                 .tick_spacing = identity_.tick_spacing,
                                 .range = identity_.range});
    }

    Query<LpView> position() const override {
        auto nft =
            gather(speech_->nft(spec_.chain, spec_.position_manager, spec_.token_id),
                   eth_query<v3::OwnerOf>(spec_.chain, spec_.position_manager, spec_.token_id), staker());
        auto pool = pool_query(spec_.chain, identity_, spec_.position_manager, *speech_);
        // The query may outlive this object: it carries its own copy.
        return map(both(std::move(nft), std::move(pool)),
                   [self = *this](const auto& answers) -> Result<LpView> {
                       auto view = self.read(answers.first, answers.second);
                       if (!view)
                           return fail(view.error().code,
                                       fmt::format("{}: {}", where(self.spec_), view.error().what));
                       return view;
                   });
    }

  private:
    bool staked() const { return spec_.staked_in != Address{}; }

    /// For whom it is staked, where that is asked; else nobody.
    Query<Address> staker() const {
        if (!staked() || spec_.owner == Address{}) return known(Address{});
        return speech_->staker(spec_.chain, spec_.staked_in, spec_.token_id, spec_.owner);
    }

    template <class NftAnswers>
    Result<LpView> read(const NftAnswers& nft_answers, const PoolAnswers& pool_answers) const {
        const auto& [position, owner, staker] = nft_answers;
        const auto record = existing(position, owner);  // first: it explains a missing owner
        if (!record && record.error().code != Errc::not_found) return tl::unexpected(record.error());
        std::optional<V3Nft> nft;  // nothing: proven to be burned
        if (record) {
            nft = *record;
            nft->owner = OR_TRY(owner);
            OR_TRY(still_same(*nft));
        }
        const PoolState state = OR_TRY(to_state(pool_answers));
        if (nft && nft->owner == identity_.owner) {
            if (!staked() || spec_.owner == Address{} || OR_TRY(staker) == spec_.owner)
                return held(*nft, state);
            nft->owner = OR_TRY(staker);
        } else if (nft && spec_.owner != Address{} && nft->owner == spec_.owner) {
            return held(*nft, state);  // no longer staked, and still its owner's
        }
        LpView v;
        v.state = nft ? PositionState::transferred : PositionState::burned;
        if (nft) v.owner = nft->owner;
        describe(v, U256(), state);
        return v;
    }

    Result<void> still_same(const V3Nft& read) const {
        if (read.token0 != identity_.token0.address || read.token1 != identity_.token1.address ||
            read.fee_pips != identity_.fee_pips || read.tick_spacing != identity_.tick_spacing ||
            read.range != identity_.range) {
            return fail(Errc::decode,
                        "its tokens, fee or ticks are not those read at the start, which no NFT "
                        "can change; the node is not to be trusted");
        }
        return {};
    }

    /// The view of an NFT that is still its owner's.
    Result<LpView> held(const V3Nft& of, const PoolState& state) const {
        const FeeAccount& nft = of.account;
        const bool in_gauge = state.gauge != Address{} && state.gauge == of.owner;
        const FeeAccount& at_pool = in_gauge ? state.holder : state.manager;
        if (!nft.liquidity.is_zero() && (nft.liquidity > at_pool.liquidity || !state.ticks_live)) {
            return fail(Errc::decode,
                        "the pool does not hold the NFT's liquidity; the node mixed two blocks");
        }
        LpView v;
        v.state = nft.liquidity.is_zero() ? PositionState::emptied : PositionState::open;
        v.owner = of.owner;
        v.principal = OR_TRY(position_amounts(state.price, identity_.range, nft.liquidity, Rounding::down));
        const FeeGrowth inside =
            fee_growth_inside(identity_.range, state.price.tick, state.global, state.outside);
        v.uncollected_fees = in_gauge ? owed_in_gauge(nft, at_pool) : collectable_fees(nft, at_pool, inside);
        OR_TRY(no_wrap(v));
        describe(v, nft.liquidity, state);
        return v;
    }

    /// Both sides book principal and fees together in 128 bits.
    static Result<void> no_wrap(const LpView& v) {
        const U256 sum0 = v.principal.amount0 + v.uncollected_fees.amount0;
        const U256 sum1 = v.principal.amount1 + v.uncollected_fees.amount1;
        if (sum0.bit_length() <= 128 && sum1.bit_length() <= 128) return {};
        return fail(Errc::unsupported,
                    "principal and fees exceed 128 bits, where the contracts' bookkeeping wraps");
    }

    void describe(LpView& v, const U256& liquidity, const PoolState& state) const {
        const PoolPrice& price = state.price;
        const auto d0 = token0_.decimals;
        const auto d1 = token1_.decimals;
        const auto at = [&](Tick t) { return v3_price(*tick_to_sqrt_price(t), d0, d1); };
        v.curve = {.asset0 = token0_.asset,
                   .asset1 = token1_.asset,
                   .liquidity = liquidity.to_double() / std::pow(10.0, (d0 + d1) / 2.0),
                   .price_lower = at(identity_.range.lower),
                   .price_upper = at(identity_.range.upper)};
        v.decimals0 = d0;
        v.decimals1 = d1;
        v.tick = price.tick;
        v.tick_lower = identity_.range.lower;
        v.tick_upper = identity_.range.upper;
        v.liquidity = liquidity;
        v.sqrt_price_x96 = price.sqrt_price_x96;
        v.pool_price = v3_price(price.sqrt_price_x96, d0, d1);
        v.fee_pips = state.fee_pips;
        v.in_range = price.tick >= identity_.range.lower && price.tick < identity_.range.upper;
    }

    const V3Dialect* speech_;  // static
    PoolSpec spec_;
    V3Identity identity_;
    TokenInfo token0_;
    TokenInfo token1_;
};

}  // namespace

Query<V3Nft> identify_v3_nft(const PoolSpec& spec, const V3Dialect& speech) {
    auto reads = gather(speech.nft(spec.chain, spec.position_manager, spec.token_id),
                        eth_query<v3::OwnerOf>(spec.chain, spec.position_manager, spec.token_id),
                        eth_query<v3::Factory>(spec.chain, spec.position_manager));
    return map(std::move(reads), [spec, kind = speech.kind](const auto& answers) -> Result<V3Nft> {
        const auto& [position, owner, factory] = answers;
        const auto now = existing(position, owner);
        const auto before = OR_TRY(recorded(spec));
        const bool burned = !now && now.error().code == Errc::not_found;
        if (!now && !(burned && before))
            return fail(now.error().code, fmt::format("{}: {}", where(spec), now.error().what));
        V3Nft nft = burned ? nft_of(*before) : *now;
        if (!burned) nft.owner = OR_TRY(owner);
        nft.factory = OR_TRY(factory);
        const bool ticks_ok =
            nft.range.lower >= kMinTick && nft.range.lower < nft.range.upper && nft.range.upper <= kMaxTick;
        if (!ticks_ok || nft.token0 >= nft.token1) {
            return fail(Errc::decode,
                        fmt::format("{}: tokens or ticks are not those of a {} position; check the position "
                                    "manager's address",
                                    where(spec), kind));
        }
        return nft;
    });
}

Query<V3Identity> identify_v3_pool(const PoolSpec& spec, const V3Nft& nft, const V3Dialect& speech) {
    const ChainId chain = spec.chain;
    auto reads = gather(speech.pool(chain, nft.factory, nft), identify_token(chain, nft.token0),
                        identify_token(chain, nft.token1));
    return map(std::move(reads), [spec, nft](const auto& answers) -> Result<V3Identity> {
        const auto& [pool_answer, token0, token1] = answers;
        const Address pool = OR_TRY(pool_answer);
        if (pool == Address{}) {
            return fail(Errc::not_found, fmt::format("{}: the factory {} knows no pool of its tokens and fee",
                                                     where(spec), checksum_address(nft.factory)));
        }
        const auto in_position = [&](const Result<TokenIdentity>& token) -> Result<TokenIdentity> {
            if (token) return token;
            return fail(token.error().code, fmt::format("{}: {}", where(spec), token.error().what));
        };
        return V3Identity{.pool = pool,
                          .owner = OR_TRY(expected_owner(spec, nft)),
                          .token0 = OR_TRY(in_position(token0)),
                          .token1 = OR_TRY(in_position(token1)),
                          .fee_pips = nft.fee_pips,
                          .tick_spacing = nft.tick_spacing,
                          .range = nft.range};
    });
}

Result<std::unique_ptr<Pool>> make_uniswap_v3(const PoolSpec& spec, const V3Identity& identity,
                                              const TokenTable& tokens, const V3Dialect& speech) {
    auto token0 = OR_TRY(known_token(where(spec), tokens, identity.token0));
    auto token1 = OR_TRY(known_token(where(spec), tokens, identity.token1));
    return std::make_unique<UniswapV3>(speech, spec, identity, std::move(token0), std::move(token1));
}

Result<std::unique_ptr<Pool>> open_uniswap_v3(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                              const TokenTable& tokens, const V3Dialect& speech) {
    const V3Nft nft = OR_TRY(reader.read(pins, identify_v3_nft(spec, speech)));
    const V3Identity identity = OR_TRY(reader.read(pins, identify_v3_pool(spec, nft, speech)));
    return make_uniswap_v3(spec, identity, tokens, speech);
}

}  // namespace outrigger
