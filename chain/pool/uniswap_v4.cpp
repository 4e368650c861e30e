// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/uniswap_v4.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/base/hex.hpp"
#include "chain/pool/abi_tick.hpp"
#include "chain/pool/gather.hpp"
#include "chain/pool/nft_record.hpp"
#include "chain/pool/uniswap_v4_abi.hpp"

namespace outrigger {
namespace {

std::string where(const PoolSpec& spec) {
    return fmt::format("position '{}' (v4 NFT {} of {})", spec.name, spec.token_id.to_decimal(),
                       checksum_address(spec.position_manager));
}

/// The pool's own name for an NFT's liquidity.
Hash32 salt_of(const U256& token_id) {
    return Hash32{token_id.to_be()};
}

V4PoolKey key_of(const v4::PoolKeyTuple& t) {
    return {std::get<0>(t), std::get<1>(t), static_cast<std::uint32_t>(std::get<2>(t).value()),
            static_cast<std::int32_t>(std::get<3>(t).value()), std::get<4>(t)};
}

/// What the position manager says of an NFT; nothing when it proves that there is none.
struct V4Nft {
    V4PoolKey key;
    TickRange range;
    Address owner;
};

/// The contract denies an owner and has forgotten the pool: burned, or never minted. Either alone is no
/// proof.
Result<std::optional<V4Nft>> read_nft(const Result<std::tuple<v4::PoolKeyTuple, U256>>& info,
                                      const Result<Address>& owner) {
    if (!info) return tl::unexpected(info.error());
    const auto& [key_tuple, packed] = *info;
    if (!owner) {
        const bool forgotten = packed.is_zero();
        if (owner.error().code == Errc::reverted && forgotten) return std::optional<V4Nft>();
        return tl::unexpected(owner.error());
    }
    const V4PoolKey key = key_of(key_tuple);
    const V4PositionInfo unpacked = unpack_v4_position(packed);
    const Hash32 id = v4_pool_id(key);
    if (!std::equal(unpacked.pool_prefix.data.begin(), unpacked.pool_prefix.data.end(), id.data.begin()))
        return fail(Errc::decode,
                    "the NFT's pool id is not that of its pool key; check the position manager");
    const TickRange range = unpacked.range;
    if (range.lower < kMinTick || range.lower >= range.upper || range.upper > kMaxTick)
        return fail(Errc::decode, "its ticks are not those of a v4 position");
    return std::optional(V4Nft{key, range, *owner});
}

/// An NFT that is no more, as an earlier start saw it.
V4Nft nft_of(const NftRecord& r) {
    return {{r.token0, r.token1, r.fee_pips, r.tick_spacing, r.hooks}, r.range, r.owner};
}

class UniswapV4 final : public Pool {
  public:
    UniswapV4(PoolSpec spec, V4Identity identity, TokenInfo token0, TokenInfo token1)
        : spec_(std::move(spec)),
          identity_(std::move(identity)),
          token0_(std::move(token0)),
          token1_(std::move(token1)) {}

    const std::string& name() const override { return spec_.name; }

    std::string record() const override {
        const V4PoolKey& key = identity_.key;
        return to_text({identity_.owner, key.currency0, key.currency1, key.fee, key.tick_spacing, key.hooks,
                        identity_.range});
    }

    Query<LpView> position() const override {
        const ChainId chain = spec_.chain;
        const Hash32 id = v4_pool_id(identity_.key);
        const auto lower = from_tick(identity_.range.lower);
        const auto upper = from_tick(identity_.range.upper);
        auto reads =
            gather(eth_query<v4::PoolAndPositionInfo>(chain, spec_.position_manager, spec_.token_id),
                   eth_query<v4::OwnerOf>(chain, spec_.position_manager, spec_.token_id),
                   eth_query<v4::GetSlot0>(chain, spec_.state_view, id),
                   eth_query<v4::GetPositionInfo>(chain, spec_.state_view, id, spec_.position_manager, lower,
                                                  upper, salt_of(spec_.token_id)),
                   eth_query<v4::GetFeeGrowthInside>(chain, spec_.state_view, id, lower, upper));
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
        const auto nft = OR_TRY(read_nft(std::get<0>(answers), std::get<1>(answers)));
        const auto slot = OR_TRY(std::get<2>(answers));
        const auto held = OR_TRY(std::get<3>(answers));
        const auto inside = OR_TRY(std::get<4>(answers));
        if (nft && (nft->key != identity_.key || nft->range != identity_.range)) {
            return fail(Errc::decode,
                        "its pool or ticks are not those read at the start, which no NFT can "
                        "change; the node is not to be trusted");
        }
        const PoolPrice price{std::get<0>(slot).value(), to_tick(std::get<1>(slot))};
        if (price.sqrt_price_x96.is_zero())
            return fail(Errc::decode, "the pool has no price: it was never initialised");
        OR_TRY(check_pool_price(price));
        LpView v;
        v.fee_pips = static_cast<std::uint32_t>(std::get<3>(slot).value());
        if (nft && nft->owner == identity_.owner) {
            const FeeAccount account{.liquidity = std::get<0>(held).value(),
                                     .inside_last = {std::get<1>(held), std::get<2>(held)},
                                     .tokens_owed = {}};
            OR_TRY(fill(v, account, {std::get<0>(inside), std::get<1>(inside)}, price));
        } else {
            v.state = nft ? PositionState::transferred : PositionState::burned;
            if (nft) v.owner = nft->owner;
            describe(v, U256(), price);
        }
        return v;
    }

    /// The view of an NFT that is still its owner's. Nothing is owed but what has grown since the last touch.
    Result<void> fill(LpView& v, const FeeAccount& account, const FeeGrowth& inside,
                      const PoolPrice& price) const {
        v.state = account.liquidity.is_zero() ? PositionState::emptied : PositionState::open;
        v.owner = identity_.owner;
        v.principal = OR_TRY(position_amounts(price, identity_.range, account.liquidity, Rounding::down));
        v.uncollected_fees = fees_after_update(account, inside);
        describe(v, account.liquidity, price);
        return {};
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

    PoolSpec spec_;
    V4Identity identity_;
    TokenInfo token0_;
    TokenInfo token1_;
};

Result<void> check_hooks(const PoolSpec& spec, const Address& hooks) {
    if (hooks == Address{}) return {};
    const auto& allowed = spec.hooks_allowed;
    if (std::find(allowed.begin(), allowed.end(), hooks) != allowed.end()) return {};
    return fail(
        Errc::unsupported,
        fmt::format("its pool has a hook at {} that may act on {}{}; once you have judged it, add it to "
                    "positions.*.hooks_allowed",
                    checksum_address(hooks), v4_hook_permissions(hooks),
                    v4_hook_moves_tokens(hooks) ? " and keep part of what is paid" : ""));
}

Result<V4Identity> identify(BatchReader& reader, const Pins& pins, const PoolSpec& spec) {
    const ChainId chain = spec.chain;
    const auto answers = OR_TRY(reader.read(
        pins, gather(eth_query<v4::PoolAndPositionInfo>(chain, spec.position_manager, spec.token_id),
                     eth_query<v4::OwnerOf>(chain, spec.position_manager, spec.token_id))));
    auto nft = OR_TRY(read_nft(std::get<0>(answers), std::get<1>(answers)));
    const auto before = OR_TRY(recorded_nft(spec.record));
    if (!nft && before) nft = nft_of(*before);  // burned since
    if (!nft) {
        return fail(Errc::not_found,
                    "the position manager has no such NFT; it was burned, or the id is wrong: "
                    "check positions.*.uniswap_v4");
    }
    OR_TRY(check_hooks(spec, nft->key.hooks));
    const auto tokens = OR_TRY(reader.read(
        pins, gather(identify_token(chain, nft->key.currency0), identify_token(chain, nft->key.currency1))));
    // Whom it must belong to from now on: the configured owner, or whoever owned it at the first start.
    const Address owner = before ? before->owner : nft->owner;
    return V4Identity{nft->key, spec.owner != Address{} ? spec.owner : owner, OR_TRY(std::get<0>(tokens)),
                      OR_TRY(std::get<1>(tokens)), nft->range};
}

}  // namespace

Result<std::unique_ptr<Pool>> make_uniswap_v4(const PoolSpec& spec, const V4Identity& identity,
                                              const TokenTable& tokens) {
    auto token0 = OR_TRY(known_token(where(spec), tokens, identity.token0));
    auto token1 = OR_TRY(known_token(where(spec), tokens, identity.token1));
    return std::make_unique<UniswapV4>(spec, identity, std::move(token0), std::move(token1));
}

Result<std::unique_ptr<Pool>> open_uniswap_v4(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                              const TokenTable& tokens) {
    const auto identity = identify(reader, pins, spec);
    if (!identity)
        return fail(identity.error().code, fmt::format("{}: {}", where(spec), identity.error().what));
    return make_uniswap_v4(spec, *identity, tokens);
}

}  // namespace outrigger
