// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "hedge/venue/perp_v2.hpp"
#include "hedge/venue/planning.hpp"

namespace outrigger::perp {

/// Every amount of Perp's own ledger has 18 decimals.
inline constexpr unsigned kDecimals = 18;

/// What funding is measured over, and how much of it there is in a day at most: the protocol's settings.
inline constexpr std::uint32_t kFundingWindow = 900;
inline constexpr double kFundingMax = 0.10;

/// One market and what we have in it.
struct Market {
    I256 size;        // taker position; negative: short
    I256 total_size;  // with the base token of our liquidity, which we never provide
    I256 open_notional;
    I256 pending_funding;  // positive: we owe it
    U256 index_price;      // USD
    U256 mark_sqrt_x96;    // of the mark's mean over kFundingWindow; zero: not told
    bool open = false;
    bool over_spread = false;            // vAMM price too far from the index for increases
    std::uint64_t max_tick_crossed = 0;  // 0: the market is paused
    std::uint64_t fee_ratio = 0;         // taker fee, millionths
};

/// Everything the planning looks at, from one block.
struct State : VenueState {
    Address owner{};
    I256 account_value;       // margin and unrealised profit, 18 decimals
    I256 margin_requirement;  // below it we are liquidated
    I256 balance;             // settlement token posted, its own decimals
    U256 free_collateral;     // settlement token
    U256 withdrawable;        // settlement token
    U256 wallet;
    U256 allowance_vault;
    std::vector<Market> markets;  // index: PerpV2Params::markets
};

/// The account of `owner`, from one batch of reads. Errors: any read that fails, by name.
Query<VenueAccount> account_query(const PerpV2Params& params, const Address& owner);

/// What a short pays of its notional per day: the index over the mark. Negative: it is paid. Nothing where
/// the mark is not told.
///
/// Source:  Exchange._getFundingGrowthGlobalAndTwaps
std::optional<double> short_funding_per_day(const Market& market);

/// Sum of the positions' absolute values at the index, USD.
double notional_usd(const State& state);
double leverage(double notional_usd, double account_value_usd);
/// Settlement token that brings the leverage at this notional to its target; zero when it is there.
U256 margin_wanted(const PerpV2Params& params, const State& state, double notional_usd);

/// What upkeep would do, decided once for both the account's `untidy` and the plan.
bool has_thin_margin(const PerpV2Params& params, const State& state);
bool has_idle_margin(const PerpV2Params& params, const State& state);

planning::Next plan_order(const PerpV2Params& params, const State& state, const HedgeOrder& order,
                          const PlanContext& context);
planning::Next plan_upkeep(const PerpV2Params& params, const State& state, const PlanContext& context);
Result<Inspection> inspect_call(const PerpV2Params& params, const TxCall& call);

}  // namespace outrigger::perp
