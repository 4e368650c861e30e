// SPDX-License-Identifier: Apache-2.0
#include "hedge/venue/perp_v2.hpp"

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "hedge/venue/contracts.hpp"
#include "hedge/venue/perp_v2_state.hpp"

namespace outrigger {
namespace {

class PerpV2 final : public Venue {
  public:
    explicit PerpV2(PerpV2Params params) : p_(std::move(params)) {}

    VenueId id() const override { return p_.id; }
    const std::string& name() const override { return p_.name; }
    std::string_view kind() const override { return "perp-v2"; }

    std::vector<AssetId> instruments() const override {
        std::vector<AssetId> out;
        for (const auto& m : p_.markets) out.push_back(m.asset);
        return out;
    }

    double cost_ratio() const override { return p_.cost_ratio; }
    double hedge_gas() const override { return 1'100'000; }  // as the devnet's demo spends
    Query<VenueAccount> account(const Address& owner) const override {
        return perp::account_query(p_, owner);
    }

    planning::Next next_step(const HedgeOrder& order, const VenueAccount& account,
                             const PlanContext& context) const override {
        return perp::plan_order(p_, *OR_TRY(state_of(account, context)), order, context);
    }

    planning::Next upkeep(const VenueAccount& account, const PlanContext& context) const override {
        return perp::plan_upkeep(p_, *OR_TRY(state_of(account, context)), context);
    }

    Result<Inspection> inspect(const TxCall& call) const override { return perp::inspect_call(p_, call); }

    std::vector<AllowedCall> allowed_calls() const override {
        return {{p_.collateral.address, erc20::Approve::selector, "approve"},
                {p_.vault, perp::Deposit::selector, "deposit"},
                {p_.vault, perp::Withdraw::selector, "withdraw"},
                {p_.clearing_house, perp::OpenPosition::selector, "openPosition"},
                {p_.clearing_house, perp::ClosePosition::selector, "closePosition"}};
    }

    std::vector<Address> spenders() const override { return {p_.vault}; }

  private:
    Result<const perp::State*> state_of(const VenueAccount& account, const PlanContext& context) const {
        const auto* state = dynamic_cast<const perp::State*>(account.state.get());
        if (state == nullptr || state->markets.size() != p_.markets.size()) {
            return fail(Errc::rejected, p_.name + ": the account was not read from this venue");
        }
        if (state->owner != context.account) {
            return fail(Errc::rejected, p_.name + ": the account read is not the one that would act");
        }
        return state;
    }

    PerpV2Params p_;
};

Result<void> check(const PerpV2Params& p) {
    const auto bad = [&](std::string_view why) {
        return fail(Errc::config, fmt::format("venue {}: {}", p.name, why));
    };
    if (p.markets.empty()) return bad("no market is listed");
    std::set<Address> contracts{Address{}};
    std::vector<Address> all{p.clearing_house, p.vault,           p.account_balance,
                             p.exchange,       p.market_registry, p.collateral.address};
    for (const auto& m : p.markets) all.push_back(m.base_token);
    for (const auto& a : all) {
        if (!contracts.insert(a).second) return bad("a contract address is missing or given twice");
    }
    std::set<AssetId> assets;
    std::set<std::string> symbols;
    for (const auto& m : p.markets) {
        if (!assets.insert(m.asset).second)
            return bad(m.symbol + " stands for an asset that is already listed");
        if (!symbols.insert(m.symbol).second) return bad(m.symbol + " is listed twice");
    }
    if (p.collateral.decimals > perp::kDecimals) return bad("the settlement token has more than 18 decimals");
    const bool ordered = 0 < p.target_leverage && p.target_leverage < p.max_leverage &&
                         p.max_leverage <= p.top_up_leverage && p.top_up_leverage < 10;
    if (!ordered) {
        return bad(fmt::format(
            "leverage must be 0 < target ({}) < max ({}) <= top-up ({}) < 10, the market's own limit",
            p.target_leverage, p.max_leverage, p.top_up_leverage));
    }
    const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
    if (!positive(p.max_index_gap_ratio) || !positive(p.tidy_min_usd) || !positive(p.cost_ratio)) {
        return bad("max_index_gap_ratio, tidy_min_usd and cost_ratio must be positive");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Venue>> make_perp_v2(PerpV2Params params) {
    OR_TRY(check(params));
    return std::unique_ptr<Venue>(std::make_unique<PerpV2>(std::move(params)));
}

}  // namespace outrigger
