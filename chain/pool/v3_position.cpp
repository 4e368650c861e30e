// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v3_position.hpp"

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
#include "chain/pool/uniswap_v3_abi.hpp"

namespace outrigger {
namespace {

std::string where(const PoolSpec& spec) {
    return fmt::format("position '{}' (NFT {} of {})", spec.name, spec.token_id.to_decimal(),
                       checksum_address(spec.position_manager));
}

/// A query that needs no read.
template <class T>
Query<T> known(T value) {
    return {{}, [value = std::move(value)](typename Query<T>::Answers) -> Result<T> { return value; }};
}

/// The NFT's own record with its holder, or why there is none.
///
/// positions() reverts for nothing but a missing NFT, but a revert is only a node's word: it counts when it
/// carries the contract's reason or when ownerOf, which keeps its own books, reverts as well.
Result<V3Nft> existing(const V3Dialect& dialect, const PoolSpec& spec, const Result<V3Nft>& record,
                       const Result<Address>& owner) {
    if (record) {
        V3Nft nft = *record;
        nft.owner = OR_TRY(owner);
        return nft;
    }
    const Error& why = record.error();
    const bool named =
        !dialect.missing_nft.empty() && why.what.find(dialect.missing_nft) != std::string::npos;
    const bool both = !owner && owner.error().code == Errc::reverted;
    if (why.code == Errc::reverted && (named || both)) {
        return fail(Errc::not_found,
                    fmt::format("{}: the position manager has no such NFT ({}); it was burned, or the id "
                                "is wrong: check the id in [[position]]",
                                where(spec), why.what));
    }
    return fail(why.code, fmt::format("{}: {}", where(spec), why.what));
}

/// Who must hold the NFT from now on, staked or not.
Address expected_owner(const PoolSpec& spec, const V3Nft& nft) {
    if (spec.owner != Address{}) return spec.owner;
    return spec.staked_in != Address{} ? spec.staked_in : nft.owner;
}

FeeAccount to_account(const v3::PoolPositionsReturn& p) {
    return {.liquidity = std::get<0>(p).value(),
            .inside_last = {std::get<1>(p), std::get<2>(p)},
            .tokens_owed = {std::get<3>(p).value(), std::get<4>(p).value()}};
}

Query<FeeAccount> pool_account(ChainId chain, const Address& pool, const Address& holder,
                               const TickRange& range) {
    return map(eth_query<v3::PoolPositions>(chain, pool, v3_position_key(holder, range)), to_account);
}

/// The state of the pool around one range, at one block.
struct PoolState {
    PoolPrice price;
    FeeGrowth global;
    TickGrowth outside;
    bool ticks_live = false;
    FeeAccount manager;  // the position manager's own account at the pool
    FeeAccount staked;   // the gauge's, where fees go to a gauge
    Address gauge;       // zero: none
    std::uint32_t fee_pips = 0;
};

using PoolAnswers =
    std::tuple<Result<PoolPrice>, Result<U256>, Result<U256>, Result<V3TickState>, Result<V3TickState>,
               Result<FeeAccount>, Result<std::uint32_t>, Result<Address>, Result<FeeAccount>>;

/// `gauge`: the contract whose account is wanted in case it is the pool's gauge.
Query<PoolAnswers> pool_query(const V3Dialect& dialect, const PoolSpec& spec, const V3Identity& id,
                              const Address& gauge) {
    const ChainId chain = spec.chain;
    return gather(
        dialect.price(chain, id.pool), eth_query<v3::FeeGrowthGlobal0>(chain, id.pool),
        eth_query<v3::FeeGrowthGlobal1>(chain, id.pool), dialect.tick(chain, id.pool, id.range.lower),
        dialect.tick(chain, id.pool, id.range.upper),
        pool_account(chain, id.pool, spec.position_manager, id.range),
        dialect.fee != nullptr ? dialect.fee(chain, id.pool) : known(static_cast<std::uint32_t>(id.pool_key)),
        dialect.gauge != nullptr ? dialect.gauge(chain, id.pool) : known(Address{}),
        dialect.gauge != nullptr ? pool_account(chain, id.pool, gauge, id.range) : known(FeeAccount{}));
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
    s.staked = OR_TRY(std::get<8>(answers));
    if (s.price.sqrt_price_x96.is_zero())
        return fail(Errc::decode, "the pool has no price: it was never initialised");
    OR_TRY(check_pool_price(s.price));
    return s;
}

/// What collect pays an NFT whose fees go to the gauge that holds it.
TokenAmounts owed_while_staked(const FeeAccount& nft, const FeeAccount& gauge) {
    return {std::min(nft.tokens_owed.amount0, gauge.tokens_owed.amount0),
            std::min(nft.tokens_owed.amount1, gauge.tokens_owed.amount1)};
}

class V3Position final : public Pool {
  public:
    V3Position(const V3Dialect& dialect, PoolSpec spec, V3Identity identity, TokenInfo token0,
               TokenInfo token1)
        : dialect_(&dialect),
          spec_(std::move(spec)),
          identity_(std::move(identity)),
          token0_(std::move(token0)),
          token1_(std::move(token1)) {}

    const std::string& name() const override { return spec_.name; }

    Query<LpView> position() const override {
        const bool staked = spec_.staked_in != Address{};
        auto said = gather(dialect_->record(spec_),
                           eth_query<v3::OwnerOf>(spec_.chain, spec_.position_manager, spec_.token_id),
                           staked && spec_.owner != Address{} ? dialect_->staker(spec_) : known(Address{}));
        auto pool = pool_query(*dialect_, spec_, identity_, staked ? spec_.staked_in : identity_.owner);
        // The query may outlive this object: it carries its own copy.
        return map(
            both(std::move(said), std::move(pool)), [self = *this](const auto& answers) -> Result<LpView> {
                const auto& [record, owner, staker] = answers.first;
                std::optional<V3Nft> nft;  // nothing: proven to be burned
                if (auto read = existing(*self.dialect_, self.spec_, record, owner)) {
                    OR_TRY(self.still_same(*read));
                    nft = *std::move(read);
                } else if (read.error().code != Errc::not_found) {
                    return tl::unexpected(read.error());
                }
                auto view = to_state(answers.second).and_then([&, &staker = staker](const auto& state) {
                    return self.view(nft, staker, state);
                });
                if (!view)
                    return fail(view.error().code,
                                fmt::format("{}: {}", where(self.spec_), view.error().what));
                return view;
            });
    }

  private:
    Result<void> still_same(const V3Nft& read) const {
        if (read.token0 != identity_.token0.address || read.token1 != identity_.token1.address ||
            read.pool_key != identity_.pool_key || read.range != identity_.range) {
            return fail(Errc::decode,
                        fmt::format("{}: its tokens, pool or ticks are not those read at the start, which no "
                                    "NFT can change; the node is not to be trusted",
                                    where(spec_)));
        }
        return {};
    }

    /// Whose the NFT is: its holder's, or whom the contract it is staked in names.
    Result<Address> owner_of(const V3Nft& nft, const Result<Address>& staker) const {
        if (nft.owner != spec_.staked_in || spec_.owner == Address{}) return nft.owner;
        if (!staker) {
            return fail(staker.error().code,
                        fmt::format("its stake in {} cannot be read, so whose it is is not known: {}",
                                    checksum_address(spec_.staked_in), staker.error().what));
        }
        return *staker == Address{} ? spec_.staked_in : *staker;
    }

    Result<LpView> view(const std::optional<V3Nft>& nft, const Result<Address>& staker,
                        const PoolState& state) const {
        LpView v;
        v.fee_pips = state.fee_pips;
        if (nft) v.owner = OR_TRY(owner_of(*nft, staker));
        if (nft && v.owner == identity_.owner) {
            OR_TRY(fill(v, *nft, state));
        } else {
            v.state = nft ? PositionState::transferred : PositionState::burned;
            describe(v, U256(), state.price);
        }
        return v;
    }

    /// The view of an NFT that is still its owner's.
    Result<void> fill(LpView& v, const V3Nft& nft, const PoolState& state) const {
        const U256& liquidity = nft.account.liquidity;
        const bool fees_go_to_gauge = state.gauge != Address{} && nft.owner == state.gauge;
        const FeeAccount& held = fees_go_to_gauge ? state.staked : state.manager;
        if (!liquidity.is_zero() && (liquidity > held.liquidity || !state.ticks_live)) {
            return fail(Errc::decode,
                        "the pool does not hold the NFT's liquidity; the node mixed two blocks");
        }
        v.state = liquidity.is_zero() ? PositionState::emptied : PositionState::open;
        v.principal = OR_TRY(position_amounts(state.price, identity_.range, liquidity, Rounding::down));
        const FeeGrowth inside =
            fee_growth_inside(identity_.range, state.price.tick, state.global, state.outside);
        v.uncollected_fees = fees_go_to_gauge ? owed_while_staked(nft.account, held)
                                              : collectable_fees(nft.account, held, inside);
        OR_TRY(no_wrap(v));
        describe(v, liquidity, state.price);
        return {};
    }

    /// Both sides book principal and fees together in 128 bits.
    static Result<void> no_wrap(const LpView& v) {
        const U256 sum0 = v.principal.amount0 + v.uncollected_fees.amount0;
        const U256 sum1 = v.principal.amount1 + v.uncollected_fees.amount1;
        if (sum0.bit_length() <= 128 && sum1.bit_length() <= 128) return {};
        return fail(Errc::unsupported,
                    "principal and fees exceed 128 bits, where the contracts' bookkeeping wraps");
    }

    void describe(LpView& v, const U256& liquidity, const PoolPrice& price) const {
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
        v.in_range = price.tick >= identity_.range.lower && price.tick < identity_.range.upper;
    }

    const V3Dialect* dialect_;
    PoolSpec spec_;
    V3Identity identity_;
    TokenInfo token0_;
    TokenInfo token1_;
};

}  // namespace

Query<V3Nft> identify_v3_nft(const V3Dialect& dialect, const PoolSpec& spec) {
    auto reads =
        gather(dialect.record(spec), eth_query<v3::OwnerOf>(spec.chain, spec.position_manager, spec.token_id),
               eth_query<v3::Factory>(spec.chain, spec.position_manager));
    return map(std::move(reads), [&dialect, spec](const auto& answers) -> Result<V3Nft> {
        const auto& [record, owner, factory] = answers;
        V3Nft nft = OR_TRY(existing(dialect, spec, record, owner));
        nft.factory = OR_TRY(factory);
        const bool ticks_ok =
            nft.range.lower >= kMinTick && nft.range.lower < nft.range.upper && nft.range.upper <= kMaxTick;
        if (!ticks_ok || nft.token0 >= nft.token1) {
            return fail(Errc::decode,
                        fmt::format("{}: tokens or ticks are not those of a Uniswap v3 position; check "
                                    "the position manager's address",
                                    where(spec)));
        }
        return nft;
    });
}

Query<V3Identity> identify_v3_pool(const V3Dialect& dialect, const PoolSpec& spec, const V3Nft& nft) {
    const ChainId chain = spec.chain;
    auto reads = gather(dialect.pool_of(chain, nft), identify_token(chain, nft.token0),
                        identify_token(chain, nft.token1));
    return map(std::move(reads), [spec, nft](const auto& answers) -> Result<V3Identity> {
        const auto& [pool_answer, token0, token1] = answers;
        const Address pool = OR_TRY(pool_answer);
        if (pool == Address{}) {
            return fail(Errc::not_found,
                        fmt::format("{}: the factory {} knows no pool of its tokens and {}", where(spec),
                                    checksum_address(nft.factory), nft.pool_key));
        }
        const auto in_position = [&](const Result<TokenIdentity>& token) -> Result<TokenIdentity> {
            if (token) return token;
            return fail(token.error().code, fmt::format("{}: {}", where(spec), token.error().what));
        };
        return V3Identity{.pool = pool,
                          .owner = expected_owner(spec, nft),
                          .token0 = OR_TRY(in_position(token0)),
                          .token1 = OR_TRY(in_position(token1)),
                          .pool_key = nft.pool_key,
                          .range = nft.range};
    });
}

Result<std::unique_ptr<Pool>> make_v3_position(const V3Dialect& dialect, const PoolSpec& spec,
                                               const V3Identity& identity, const TokenTable& tokens) {
    auto token0 = OR_TRY(known_token(where(spec), tokens, identity.token0));
    auto token1 = OR_TRY(known_token(where(spec), tokens, identity.token1));
    return std::make_unique<V3Position>(dialect, spec, identity, std::move(token0), std::move(token1));
}

Result<std::unique_ptr<Pool>> open_v3_position(const V3Dialect& dialect, BatchReader& reader,
                                               const Pins& pins, const PoolSpec& spec,
                                               const TokenTable& tokens) {
    const V3Nft nft = OR_TRY(reader.read(pins, identify_v3_nft(dialect, spec)));
    const auto identity = OR_TRY(reader.read(pins, identify_v3_pool(dialect, spec, nft)));
    return make_v3_position(dialect, spec, identity, tokens);
}

Hash32 v3_position_key(const Address& owner, const TickRange& range) {
    Bytes packed(owner.data.begin(), owner.data.end());
    for (const Tick tick : {range.lower, range.upper}) {
        const auto bits = static_cast<std::uint32_t>(tick.value);  // two's complement, as int24 is packed
        for (const unsigned shift : {16U, 8U, 0U}) packed.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
    return Hash32{keccak256(packed)};
}

}  // namespace outrigger
