// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chain/base/lp.hpp"
#include "chain/base/market.hpp"
#include "hedge/account.hpp"
#include "hedge/returns.hpp"
#include "keeper/decide/params.hpp"

namespace outrigger {

/// Facts about one position's past, read from the journal by the shell; decide remembers nothing itself.
struct PositionFacts {
    std::optional<TimePoint> last_fill;
    std::uint32_t trades_today = 0;
    std::uint32_t failures_in_a_row = 0;
    bool paused = false;      // by the operator, or latched
    std::string paused_why;   // in the operator's words, where there are any
    bool hedge_open = false;  // a hedge has begun and is not finished: its next steps ignore the cooldown
};

/// Everything one round knows. A failed read is an error in its slot, never a missing or a zero one.
struct Snapshot {
    Pins pins;
    TimePoint now{};                      // wall clock, or the chain's on a devnet; read once by the shell
    std::vector<Observed<LpView>> pools;  // index: position
    std::map<AssetId, Observed<Price>> prices;
    std::map<VenueId, Observed<VenueAccount>> accounts;
    std::vector<InFlight> in_flight;   // from the settled lifecycle, never guessed
    std::vector<PositionFacts> facts;  // index: position
    Result<ReturnPanel> panel = fail(Errc::stale, "no price history yet");  // bars of every asset with a feed
    Result<double> gas_unit_usd = fail(Errc::not_found, "not read");        // a unit of gas, its tip included
};

/// What the strategy remembers about itself between rounds.
struct State {
    std::uint32_t blind_rounds = 0;
    bool halted = false;                          // latched; cleared only by an operator command
    std::map<std::string, HedgeMemory> hedges{};  // of each cross-hedged group, by its first position's name
    friend bool operator==(const State&, const State&) = default;
};

struct Hold {
    std::string reason;  // machine-readable: "inside_band", "price_stale", ...
    std::string detail;  // one sentence for people
};
struct AdjustHedge {
    HedgeOrder order;
    std::string reason;
    std::string detail;
};
/// Finish what a venue's account has left half done, or protect its collateral.
struct Tidy {
    VenueId venue;
    std::string reason;
};
struct Halt {
    std::string reason;
    std::string detail;
};
using Action = std::variant<Hold, AdjustHedge, Tidy, Halt>;

enum class GateState : std::uint8_t { pass, stop, not_reached };

/// One condition between a wish and a trade, with its present value and its limit.
struct Gate {
    std::string name;  // "band", "cooldown"
    GateState state = GateState::not_reached;
    std::string now;    // "0.5 %"
    std::string limit;  // "> 10 %"
    std::string key;    // configuration key the limit comes from, empty when none
};

/// One leg of a position's hedge: what is held and what is wanted.
struct LegFigures {
    VenueId venue;
    AssetId asset;
    double held_units = 0;
    double target_units = 0;
    double held_usd = 0;
    double target_usd = 0;  // what would be held were trading free
    double goal_usd = 0;    // what to hold after trading now
};

/// What a band of our own choosing means.
struct BandFigures {
    double trigger_usd = 0;  // of one instrument alone, mean
    double trades_per_day = 0;
    double cost_usd_per_day = 0;  // of trading and of the risk of not trading
};

/// How sure a cross hedge is, and what the watch over it says.
struct CrossFigures {
    double correlation = 0;  // of the exposure's P&L with minus the hedge's, with its 95 % interval
    double correlation_low = 0;
    double correlation_high = 0;
    double variance_removed_low = 0;  // lower end
    double effective_samples = 0;     // bars the interval stands on
    double benefit_usd = 0;           // of holding it, at the lower end
    double forecast_sd_usd = 0;       // of a day's P&L with the target held
    std::optional<double> gap_z;      // recent correlation less the long-run one, standard errors
    bool pays = false;
    Regime regime = Regime::calm;
    std::string regime_change;  // since the last round, and why; empty: none
    bool unwinding = false;     // to nothing, whatever the band
    bool frozen = false;        // the state of the world forbids trading
    double alarm = 0;           // of the correlation's detector, as a share of what rings it
};

/// The numbers behind one position's decision.
struct PositionFigures {
    bool known = false;      // false: something needed was unreadable; the rest is then meaningless
    double value_usd = 0;    // what the band is a share of: with the fees, unless they are kept apart
    double fees_usd = 0;     // uncollected
    double likely_move = 0;  // of the relative price's logarithm, that the delta is averaged over; 0: spot
    Exposure delta_units;    // LP exposure by asset (quote assets too), with the fees unless apart
    Exposure gamma_units_per_usd;  // d(delta)/d(price) by asset: own gamma
    double dollar_gamma_usd = 0;   // P^2 d2V/dP^2 in the pool's relative price, never positive
    std::vector<LegFigures> legs;
    double residual_usd = 0;            // signed deviation between held and wanted hedge; positive: too long
    double band_usd = 0;                // act beyond this
    std::optional<BandFigures> band;    // where the band is chosen by cost
    std::string no_band;                // why it is not, although asked for
    std::optional<CrossFigures> cross;  // hedged through other assets
    double r_squared = 1;               // share of the exposure's variance the target removes
    double condition = 0;               // of the covariance behind it; 0 when none was needed
    double shrinkage = 0;
};

struct PositionDecision {
    Action action = Hold{"not_evaluated", ""};
    PositionFigures figures;
    std::vector<Gate> gates;  // in the order they were asked; the first `stop` decided
};

struct Decision {
    State next;
    std::vector<PositionDecision> positions;  // index: position
    /// The one thing to do now (index into positions), or nothing. One nonce in flight at a time.
    std::optional<std::size_t> act_on;
    std::optional<Tidy> tidy;  // only when nothing is to be hedged
};

/// The strategy. Total and pure: no clock, no I/O, no randomness, no logging.
/// Any input that is an error leads to Hold or Halt, never to a trade.
[[nodiscard]] Decision decide(const Snapshot& seen, const State& state, const Params& params);

/// A price of the position's first exposed asset at which its action would turn from Hold to AdjustHedge.
struct TriggerPrices {
    std::optional<double> below_usd;
    std::optional<double> above_usd;
};
/// Found by asking decide itself at other prices (bisection), so that it can never disagree with it.
[[nodiscard]] TriggerPrices trigger_prices(const Snapshot& seen, const State& state, const Params& params,
                                           std::size_t position);

}  // namespace outrigger
