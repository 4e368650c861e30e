// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "chain/base/chain_types.hpp"
#include "config/errors.hpp"
#include "config/network.hpp"
#include "config/position_kind.hpp"
#include "config/secret.hpp"

namespace outrigger::config {

enum class ClockSource : std::uint8_t { wall, chain };
enum class RpcRole : std::uint8_t { read, send, read_send };
enum class VenueKind : std::uint8_t { aave_v3, perp_v2 };
/// In the order of the field's choices, and of hedge's estimators().
enum class CovarianceEstimator : std::uint8_t {
    ewma,
    sample,
    ledoit_wolf,
    ledoit_wolf_correlation,
    oas,
    spearman,
    kendall,
    student_t,
    ogk,
    dcc_garch,
};
enum class WhenGone : std::uint8_t { unwind, hold };
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };
enum class LogFormat : std::uint8_t { automatic, text, json };

struct RpcEndpoint {
    std::string url;  // may carry an access key: print redacted_url(url)
    std::string ws;   // its WebSocket, likewise; empty: none
    RpcRole role = RpcRole::read_send;
    std::chrono::milliseconds timeout{0};
    double max_rps = 0;  // calls per second; zero: no limit of our own
    double burst = 0;    // zero: the calls of one second
    bool reads() const { return role != RpcRole::send; }
    bool sends() const { return role != RpcRole::read; }
};

struct ChainSettings {
    std::string preset;
    std::uint32_t confirmations = 0;  // blocks before a transaction counts as done
    ClockSource clock = ClockSource::wall;
    std::chrono::seconds max_head_lag{0};  // between endpoints
    std::uint32_t reorg_depth = 0;         // headers kept: a deeper reorganisation is not followed
    std::uint32_t read_quorum = 1;         // endpoints that must agree
    std::chrono::milliseconds round_deadline{0};
    std::chrono::seconds sequencer_grace{0};
    std::string world;  // path of the network's description; empty for a preset that brings its own
    std::vector<RpcEndpoint> rpc;  // in order of preference
    Network network;
};

/// Where the key lives: a process the keeper starts, or one that runs by itself.
enum class SignerPlace : std::uint8_t { process, service };

struct KeySettings {
    SignerPlace signer = SignerPlace::process;
    std::string keystore;  // path of the V3 keystore; empty: none configured
    std::string account;   // its name in Foundry's keystore directory, when it was given by name
    std::optional<SecretRef> password;
    Address address{};  // the account a dry-run simulates from; zero: none given
};

struct Thresholds {
    std::optional<double> delta_band_ratio;  // empty: the cheapest band
    double delta_band_usd = 0;
    std::chrono::seconds rehedge_cooldown{0};
    std::optional<std::chrono::seconds> force_after;  // empty: never
};

struct Limits {
    double min_trade_usd = 0;
    double max_trade_usd = 0;
    std::uint32_t max_trades_per_day = 0;
    double max_hedge_usd = 0;
    double max_slippage_ratio = 0;  // configured in basis points
    double max_gas_gwei = 0;
    double max_gas_usd_per_tx = 0;
    double max_gas_usd_per_day = 0;
    std::uint32_t max_failed_tx_in_a_row = 0;
};

struct OracleSettings {
    std::optional<std::chrono::seconds> max_age;      // empty: from each feed's heartbeat, see price_age_max
    std::optional<std::chrono::seconds> mean_window;  // empty: the pool's own mean is not asked for
    double max_mean_gap_ratio = 0;                    // configured in basis points
    double max_pool_gap_ratio = 0;                    // configured in basis points
};

/// The length of bar where none is configured and the prices do not say which one suits them.
inline constexpr std::chrono::seconds kUsualBar{3600};

struct ModelSettings {
    CovarianceEstimator estimator = CovarianceEstimator::ewma;
    std::chrono::seconds lookback{0};
    std::chrono::seconds half_life{0};
    std::chrono::seconds long_half_life{0};
    std::chrono::seconds alarm_half_life{0};
    std::optional<std::chrono::seconds> bar;  // empty: as the prices' sources allow
    std::chrono::seconds usual_bar() const { return bar.value_or(kUsualBar); }
    std::uint32_t min_bars = 0;
    double ridge = 0;
    double correlation_shrink = 0;
    double min_variance_removed = 0;
    double drift_inflation = 1;
    std::chrono::seconds delta_horizon{0};
    std::chrono::seconds hold{0};
    double risk_aversion = 0;
    std::uint32_t legs = 0;
    double max_abs_ratio = 0;
    std::vector<std::string> proxies;  // assets: "ETH", not "WETH"
};

enum class StressReaction : std::uint8_t { alert, shrink, switch_proxy, fall_back, freeze, unwind };

struct StabilitySettings {
    StressReaction on_decorrelated = StressReaction::alert;
    StressReaction on_vol_stress = StressReaction::alert;
    StressReaction on_broken = StressReaction::unwind;
    bool realised_breaks = false;
    double max_bar_loss = 0;
    std::vector<std::string> fallback_venues;  // as written; used only to fall back to
};

/// One position with everything that applies to it: defaults, profile and overrides are resolved.
struct PositionSettings {
    std::string name;
    PositionRef ref;
    bool enabled = true;
    bool fees_in_exposure = true;
    WhenGone when_gone = WhenGone::unwind;
    std::string profile;          // empty: none
    std::vector<VenueId> venues;  // in order of preference; index into Settings::venues
    std::vector<VenueId> fallback_venues;
    Thresholds thresholds;
    Limits limits;
    OracleSettings oracle;
    ModelSettings model;
    StabilitySettings stability;
    std::vector<std::string> venue_names;  // the same venues as written
};

struct VenueSettings {
    std::string name;
    VenueKind kind = VenueKind::aave_v3;
    double health_factor_floor = 0;   // aave-v3
    double health_factor_target = 0;  // aave-v3
    double health_factor_panic = 0;   // aave-v3
    double max_borrow_apr = 0;        // aave-v3; 0.25 is 25 % a year
    double max_leverage = 0;          // perp-v2
};

struct GuardSettings {
    std::chrono::seconds max_data_age{0};
    std::uint32_t blind_rounds_max = 0;
    std::uint32_t price_quorum = 1;   // sources an asset's price needs
    double max_jump_ratio = 0;        // of one price within a minute; configured in basis points
    double max_depeg_ratio = 0;       // of a dollar from one; configured in basis points
    double max_source_gap_ratio = 0;  // between the highest and the lowest; configured in basis points
    std::optional<double>
        max_tx_usd;  // no default: live refuses to start without the three, see require_live
    std::optional<double> max_hour_usd;
    std::optional<double> max_day_usd;
};

struct LogSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::automatic;
};

struct StorageSettings {
    std::string datadir;
};

/// One key with the value that counts and where it comes from. Secrets and access keys are not in it.
struct Effective {
    std::string path;    // "position.eth-usdc.thresholds.delta_band_ratio"
    std::string value;   // as a person would write it
    std::string origin;  // "outrigger.toml:37 [defaults.thresholds]", "environment OUTRIGGER__...", "--set",
                         // "default"
};

/// The configuration, complete and checked.
struct Settings {
    ChainSettings chain;
    KeySettings key;
    std::string quote;  // reporting currency, an asset
    std::vector<PositionSettings> positions;
    std::vector<VenueSettings> venues;
    GuardSettings guard;
    LogSettings log;
    StorageSettings storage;
    std::vector<Effective> effective;  // sorted by path

    /// Where the value of that key comes from, or nothing when it has none.
    std::optional<std::string> origin_of(std::string_view path) const;
    /// The configured venue of that name, or null.
    const VenueSettings* venue(std::string_view name) const;
};

/// What a configuration is made from. `load` itself touches neither files nor environment.
struct Sources {
    std::string name = "outrigger.toml";  // as shown in messages; its ending tells TOML from JSON
    std::string text;
    std::string directory;  // relative paths in the file start here; empty: working directory
    std::map<std::string, std::string> environment;  // all of it
    std::vector<std::string> set;                    // --set KEY=VALUE, in order; the last one counts
    ReadFile read_file;
    bool positions_needed = true;  // false: only the chain is asked about
};

/// The configuration of `sources`, or everything that is wrong with it.
[[nodiscard]] tl::expected<Settings, ConfigErrors> load(const Sources& sources);

/// Nothing, when the configuration says all that live trading needs; else what is missing.
[[nodiscard]] tl::expected<void, ConfigErrors> require_live(const Settings& settings);

/// The oldest price of that feed to believe: the configured age, else 1.2 heartbeats.
std::chrono::seconds price_age_max(const OracleSettings& oracle, const Feed& feed);

/// The URL without what may be a secret: user, path and query become dots.
std::string redacted_url(std::string_view url);

std::string_view to_string(ClockSource source);
std::string_view to_string(VenueKind kind);

}  // namespace outrigger::config
