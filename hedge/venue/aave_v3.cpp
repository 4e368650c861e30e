// SPDX-License-Identifier: Apache-2.0
#include "hedge/venue/aave_v3.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "hedge/venue/aave_v3_state.hpp"
#include "hedge/venue/contracts.hpp"

namespace outrigger {
namespace {

class AaveV3 final : public Venue {
  public:
    explicit AaveV3(AaveV3Params params) : p_(std::move(params)) {}

    VenueId id() const override { return p_.id; }
    const std::string& name() const override { return p_.name; }
    std::string_view kind() const override { return "aave-v3"; }

    std::vector<AssetId> instruments() const override {
        std::vector<AssetId> out;
        for (const auto& t : p_.tokens) out.push_back(t.asset);
        return out;
    }

    double cost_ratio() const override {
        std::uint32_t worst = 0;
        for (const auto& t : p_.tokens) worst = std::max(worst, t.swap_fee_pips);
        return static_cast<double>(worst) / 1e6;
    }
    double hedge_gas() const override { return 550'000; }  // as the devnet's demo spends, approvals included

    Query<VenueAccount> account(const Address& owner) const override {
        return aave::account_query(p_, owner);
    }

    planning::Next next_step(const HedgeOrder& order, const VenueAccount& account,
                             const PlanContext& context) const override {
        return aave::plan_order(p_, *OR_TRY(state_of(account, context)), order, context);
    }

    planning::Next upkeep(const VenueAccount& account, const PlanContext& context) const override {
        return aave::plan_upkeep(p_, *OR_TRY(state_of(account, context)), context);
    }

    Result<Inspection> inspect(const TxCall& call) const override { return aave::inspect_call(p_, call); }

    std::vector<AllowedCall> allowed_calls() const override {
        std::vector<AllowedCall> out{{p_.collateral.address, erc20::Approve::selector, "approve"}};
        for (const auto& t : p_.tokens) out.push_back({t.address, erc20::Approve::selector, "approve"});
        out.push_back({p_.pool, aave::Supply::selector, "supply"});
        out.push_back({p_.pool, aave::Withdraw::selector, "withdraw"});
        out.push_back({p_.pool, aave::Borrow::selector, "borrow"});
        out.push_back({p_.pool, aave::Repay::selector, "repay"});
        out.push_back({p_.router, swap_router02::Multicall::selector, "multicall"});
        return out;
    }

    std::vector<Address> spenders() const override { return {p_.pool, p_.router}; }

  private:
    Result<const aave::State*> state_of(const VenueAccount& account, const PlanContext& context) const {
        const auto* state = dynamic_cast<const aave::State*>(account.state.get());
        if (state == nullptr || state->reserves.size() != p_.tokens.size()) {
            return fail(Errc::rejected, p_.name + ": the account was not read from this venue");
        }
        if (state->owner != context.account) {
            return fail(Errc::rejected, p_.name + ": the account read is not the one that would act");
        }
        return state;
    }

    AaveV3Params p_;
};

Result<void> check(const AaveV3Params& p) {
    const auto bad = [&](std::string_view why) {
        return fail(Errc::config, fmt::format("venue {}: {}", p.name, why));
    };
    if (p.tokens.empty()) return bad("no token to borrow is listed");
    std::set<Address> contracts{Address{}};
    std::vector<Address> all{p.pool, p.data_provider, p.oracle, p.router, p.collateral.address};
    for (const auto& t : p.tokens) all.push_back(t.address);
    for (const auto& a : all) {
        if (!contracts.insert(a).second) return bad("a contract address is missing or given twice");
    }
    std::set<AssetId> assets{p.collateral.asset};
    std::set<std::string> symbols{p.collateral.symbol};
    if (p.collateral.decimals > kMaxTokenDecimals) return bad("the collateral has too many decimals");
    for (const auto& t : p.tokens) {
        if (t.decimals > kMaxTokenDecimals) return bad(t.symbol + " has too many decimals");
        if (!assets.insert(t.asset).second)
            return bad(t.symbol + " stands for an asset that is already listed");
        if (!symbols.insert(t.symbol).second) return bad(t.symbol + " is listed twice");
        if (t.swap_fee_pips == 0 || t.swap_fee_pips >= 1'000'000)
            return bad(t.symbol + " has no swap fee tier");
    }
    const bool ordered = 1 < p.health_factor_panic && p.health_factor_panic <= p.health_factor_floor &&
                         p.health_factor_floor * 1.05 <= p.health_factor_target &&
                         p.health_factor_target <= 100;
    if (!ordered) {
        return bad(
            fmt::format("health factors must be 1 < panic ({}) <= floor ({}), target ({}) at least 5 % over "
                        "the floor and at most 100",
                        p.health_factor_panic, p.health_factor_floor, p.health_factor_target));
    }
    const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
    if (!positive(p.max_borrow_apr) || !positive(p.max_oracle_gap_ratio) ||
        !positive(p.max_quote_gap_ratio) || !positive(p.tidy_min_usd)) {
        return bad(
            "max_borrow_apr, max_oracle_gap_ratio, max_quote_gap_ratio and tidy_min_usd must be positive");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Venue>> make_aave_v3(AaveV3Params params) {
    OR_TRY(check(params));
    return std::unique_ptr<Venue>(std::make_unique<AaveV3>(std::move(params)));
}

}  // namespace outrigger
