// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "hedge/venue/aave_v3.hpp"
#include "hedge/venue/planning.hpp"

namespace outrigger::aave {

/// One reserve of the market and what we have in it. Amounts in base units.
struct Reserve {
    U256 wallet;
    U256 a_token;
    U256 debt;         // variable rate
    U256 stable_debt;  // we never take any
    U256 allowance_pool;
    U256 allowance_router;
    U256 price;  // Aave's own, USD with 8 decimals per whole token
    U256 ltv_bps;
    U256 threshold_bps;  // liquidation threshold
    bool as_collateral = false;
    bool active = false;
    bool frozen = false;
    bool paused = false;
    bool borrowing = false;
    U256 borrow_cap;  // whole tokens, 0: none
    U256 supply_cap;
    U256 total_a_token;
    U256 total_debt;
    U256 borrow_rate_ray;  // yearly
};

/// Everything the planning looks at, from one block.
struct State : VenueState {
    Address owner{};
    U256 collateral_base;  // USD with 8 decimals; only reserves that count as collateral
    U256 debt_base;
    U256 threshold_bps;  // average, weighted by collateral
    U256 ltv_bps;
    U256 health_x18;  // U256::max() without debt
    U256 e_mode;
    Reserve quote;
    std::vector<Reserve> reserves;  // index: AaveV3Params::tokens
};

/// USD with 8 decimals.
U256 base_value(const U256& amount, unsigned decimals, const U256& price, Rounding rounding);
double usd(const U256& amount, unsigned decimals, const U256& price);

/// The account of `owner`, from one batch of reads. Errors: any read that fails, by name.
Query<VenueAccount> account_query(const AaveV3Params& params, const Address& owner);

/// What upkeep would do, decided once for both the account's `untidy` and the plan.
bool has_repayable(const AaveV3Params& params, const State& state, std::size_t token);
bool has_thin_collateral(const AaveV3Params& params, const State& state);
bool has_idle_collateral(const AaveV3Params& params, const State& state);

planning::Next plan_order(const AaveV3Params& params, const State& state, const HedgeOrder& order,
                          const PlanContext& context);
planning::Next plan_upkeep(const AaveV3Params& params, const State& state, const PlanContext& context);
Result<Inspection> inspect_call(const AaveV3Params& params, const TxCall& call);

}  // namespace outrigger::aave
