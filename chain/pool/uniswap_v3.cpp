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

Tick to_tick(const abi::Int<24>& v) {
    return Tick(static_cast<std::int32_t>(v.value()));
}
abi::Int<24> from_tick(Tick t) {
    return abi::Int<24>(t.value);
}

std::string where(const PoolSpec& spec) {
    return fmt::format("position '{}' (NFT {} of {})", spec.name, spec.token_id.to_decimal(),
                       checksum_address(spec.position_manager));
}

/// The NFT's own record, or why there is none.
///
/// positions() reverts for nothing but a missing NFT, but a revert is only a node's word: it counts when it
/// carries the contract's reason or when ownerOf, which keeps its own books, reverts as well.
Result<v3::PositionsReturn> existing(const PoolSpec& spec, const Result<v3::PositionsReturn>& position,
                                     const Result<Address>& owner) {
    if (position) return position;
    const Error& why = position.error();
    const bool named = why.what.find("Invalid token ID") != std::string::npos;
    const bool both = !owner && owner.error().code == Errc::reverted;
    if (why.code == Errc::reverted && (named || both)) {
        return fail(Errc::not_found,
                    fmt::format("{}: the position manager has no such NFT ({}); it was burned, or the id "
                                "is wrong: check positions.*.token_id",
                                where(spec), why.what));
    }
    return fail(why.code, fmt::format("{}: {}", where(spec), why.what));
}

/// What an earlier start kept of the NFT, if anything. Errors: Errc::decode
Result<std::optional<NftRecord>> recorded(const PoolSpec& spec) {
    if (spec.record.empty()) return std::optional<NftRecord>();
    auto record = parse_nft_record(spec.record);
    if (!record)
        return fail(record.error().code, fmt::format("{}: the journal's record of it is damaged: {}",
                                                     where(spec), record.error().what));
    return std::optional(*record);
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
    nft.range = r.range;
    return nft;
}

V3Nft to_nft(const v3::PositionsReturn& p, const Address& owner) {
    return {.owner = owner,
            .factory = {},
            .token0 = std::get<2>(p),
            .token1 = std::get<3>(p),
            .fee_pips = static_cast<std::uint32_t>(std::get<4>(p).value()),
            .range = {to_tick(std::get<5>(p)), to_tick(std::get<6>(p))},
            .account = {.liquidity = std::get<7>(p).value(),
                        .inside_last = {std::get<8>(p), std::get<9>(p)},
                        .tokens_owed = {std::get<10>(p).value(), std::get<11>(p).value()}}};
}

/// The state of the pool around one range, at one block.
struct PoolState {
    PoolPrice price;
    FeeGrowth global;
    TickGrowth outside;
    bool ticks_live = false;
    FeeAccount manager;  // the position manager's own account at the pool
};

using PoolAnswers = std::tuple<Result<v3::Slot0Return>, Result<U256>, Result<U256>, Result<v3::TicksReturn>,
                               Result<v3::TicksReturn>, Result<v3::PoolPositionsReturn>>;

Query<PoolAnswers> pool_query(ChainId chain, const Address& pool, const Address& manager,
                              const TickRange& range) {
    return gather(eth_query<v3::Slot0>(chain, pool), eth_query<v3::FeeGrowthGlobal0>(chain, pool),
                  eth_query<v3::FeeGrowthGlobal1>(chain, pool),
                  eth_query<v3::Ticks>(chain, pool, from_tick(range.lower)),
                  eth_query<v3::Ticks>(chain, pool, from_tick(range.upper)),
                  eth_query<v3::PoolPositions>(chain, pool, v3_position_key(manager, range)));
}

Result<PoolState> to_state(const PoolAnswers& answers) {
    const auto slot = OR_TRY(std::get<0>(answers));
    const auto lower = OR_TRY(std::get<3>(answers));
    const auto upper = OR_TRY(std::get<4>(answers));
    const auto held = OR_TRY(std::get<5>(answers));
    PoolState s;
    s.price = {std::get<0>(slot).value(), to_tick(std::get<1>(slot))};
    s.global = {OR_TRY(std::get<1>(answers)), OR_TRY(std::get<2>(answers))};
    s.outside = {.lower = {std::get<2>(lower), std::get<3>(lower)},
                 .upper = {std::get<2>(upper), std::get<3>(upper)}};
    s.ticks_live = std::get<7>(lower) && std::get<7>(upper);
    s.manager = {.liquidity = std::get<0>(held).value(),
                 .inside_last = {std::get<1>(held), std::get<2>(held)},
                 .tokens_owed = {std::get<3>(held).value(), std::get<4>(held).value()}};
    if (s.price.sqrt_price_x96.is_zero())
        return fail(Errc::decode, "the pool has no price: it was never initialised");
    OR_TRY(check_pool_price(s.price));
    return s;
}

class UniswapV3 final : public Pool {
  public:
    UniswapV3(PoolSpec spec, V3Identity identity, TokenInfo token0, TokenInfo token1)
        : spec_(std::move(spec)),
          identity_(std::move(identity)),
          token0_(std::move(token0)),
          token1_(std::move(token1)) {}

    const std::string& name() const override { return spec_.name; }

    std::string record() const override {
        return to_text(NftRecord{.owner = identity_.owner,
                                 .token0 = identity_.token0.address,
                                 .token1 = identity_.token1.address,
                                 .fee_pips = identity_.fee_pips,
                                 .range = identity_.range});
    }

    Query<LpView> position() const override {
        auto nft = gather(eth_query<v3::Positions>(spec_.chain, spec_.position_manager, spec_.token_id),
                          eth_query<v3::OwnerOf>(spec_.chain, spec_.position_manager, spec_.token_id));
        auto pool = pool_query(spec_.chain, identity_.pool, spec_.position_manager, identity_.range);
        // The query may outlive this object: it carries its own copy.
        return map(both(std::move(nft), std::move(pool)),
                   [self = *this](const auto& answers) -> Result<LpView> {
                       const auto& [position, owner] = answers.first;
                       const auto record =
                           existing(self.spec_, position, owner);  // first: it explains a missing owner
                       if (!record && record.error().code != Errc::not_found)
                           return tl::unexpected(record.error());
                       std::optional<V3Nft> read;  // nothing: proven to be burned
                       if (record) read = to_nft(*record, OR_TRY(owner));
                       if (read) OR_TRY(self.still_same(*read));
                       auto view = to_state(answers.second).and_then([&](const PoolState& state) {
                           return self.view(read, state);
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
            read.fee_pips != identity_.fee_pips || read.range != identity_.range) {
            return fail(Errc::decode,
                        fmt::format("{}: its tokens, fee or ticks are not those read at the start, which no "
                                    "NFT can change; the node is not to be trusted",
                                    where(spec_)));
        }
        return {};
    }

    Result<LpView> view(const std::optional<V3Nft>& nft, const PoolState& state) const {
        if (nft && nft->owner == identity_.owner) return held(nft->account, state);
        LpView v;
        v.state = nft ? PositionState::transferred : PositionState::burned;
        if (nft) v.owner = nft->owner;
        describe(v, U256(), state.price);
        return v;
    }

    /// The view of an NFT that is still its owner's.
    Result<LpView> held(const FeeAccount& nft, const PoolState& state) const {
        if (!nft.liquidity.is_zero() && (nft.liquidity > state.manager.liquidity || !state.ticks_live)) {
            return fail(Errc::decode,
                        "the pool does not hold the NFT's liquidity; the node mixed two blocks");
        }
        LpView v;
        v.state = nft.liquidity.is_zero() ? PositionState::emptied : PositionState::open;
        v.owner = identity_.owner;
        v.principal = OR_TRY(position_amounts(state.price, identity_.range, nft.liquidity, Rounding::down));
        const FeeGrowth inside =
            fee_growth_inside(identity_.range, state.price.tick, state.global, state.outside);
        v.uncollected_fees = collectable_fees(nft, state.manager, inside);
        OR_TRY(no_wrap(v));
        describe(v, nft.liquidity, state.price);
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
        v.fee_pips = identity_.fee_pips;
        v.in_range = price.tick >= identity_.range.lower && price.tick < identity_.range.upper;
    }

    PoolSpec spec_;
    V3Identity identity_;
    TokenInfo token0_;
    TokenInfo token1_;
};

}  // namespace

Query<V3Nft> identify_v3_nft(const PoolSpec& spec) {
    auto reads = gather(eth_query<v3::Positions>(spec.chain, spec.position_manager, spec.token_id),
                        eth_query<v3::OwnerOf>(spec.chain, spec.position_manager, spec.token_id),
                        eth_query<v3::Factory>(spec.chain, spec.position_manager));
    return map(std::move(reads), [spec](const auto& answers) -> Result<V3Nft> {
        const auto& [position, owner, factory] = answers;
        const auto now = existing(spec, position, owner);
        const auto before = OR_TRY(recorded(spec));
        const bool burned = !now && now.error().code == Errc::not_found;
        if (!now && !(burned && before)) return tl::unexpected(now.error());
        V3Nft nft = burned ? nft_of(*before) : to_nft(*now, OR_TRY(owner));
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

Query<V3Identity> identify_v3_pool(const PoolSpec& spec, const V3Nft& nft) {
    const ChainId chain = spec.chain;
    auto reads = gather(
        eth_query<v3::GetPool>(chain, nft.factory, nft.token0, nft.token1, abi::UInt<24>(nft.fee_pips)),
        identify_token(chain, nft.token0), identify_token(chain, nft.token1));
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
                          .range = nft.range};
    });
}

Result<std::unique_ptr<Pool>> make_uniswap_v3(const PoolSpec& spec, const V3Identity& identity,
                                              const TokenTable& tokens) {
    auto token0 = OR_TRY(known_token(where(spec), tokens, identity.token0));
    auto token1 = OR_TRY(known_token(where(spec), tokens, identity.token1));
    return std::make_unique<UniswapV3>(spec, identity, std::move(token0), std::move(token1));
}

Result<std::unique_ptr<Pool>> open_uniswap_v3(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                              const TokenTable& tokens) {
    const V3Nft nft = OR_TRY(reader.read(pins, identify_v3_nft(spec)));
    return make_uniswap_v3(spec, OR_TRY(reader.read(pins, identify_v3_pool(spec, nft))), tokens);
}

Address v3_pool_address(const Address& factory, const Hash32& init_code_hash, const Address& token0,
                        const Address& token1, std::uint32_t fee_pips) {
    OR_ASSERT(token0 < token1);
    const auto salt = keccak256(abi::encode(token0, token1, abi::UInt<24>(fee_pips)));
    Bytes packed{0xff};
    packed.insert(packed.end(), factory.data.begin(), factory.data.end());
    packed.insert(packed.end(), salt.begin(), salt.end());
    packed.insert(packed.end(), init_code_hash.data.begin(), init_code_hash.data.end());
    const auto hash = keccak256(packed);
    Address out;
    std::copy(hash.begin() + 12, hash.end(), out.data.begin());
    return out;
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
