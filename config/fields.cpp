// SPDX-License-Identifier: Apache-2.0
#include "config/fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "config/guard_fields.hpp"
#include "config/model_fields.hpp"
#include "config/store.hpp"

namespace outrigger::config {
namespace {

constexpr std::string_view kAddressPrefix = "chain.addresses.";
constexpr std::array<std::string_view, 23> kAddressPaths{"chain.addresses.multicall3",
                                                         "chain.addresses.v3.factory",
                                                         "chain.addresses.v3.npm",
                                                         "chain.addresses.v3.router",
                                                         "chain.addresses.v3.quoter",
                                                         "chain.addresses.aave.pool",
                                                         "chain.addresses.aave.data",
                                                         "chain.addresses.aave.oracle",
                                                         "chain.addresses.perp.clearingHouse",
                                                         "chain.addresses.perp.vault",
                                                         "chain.addresses.perp.accountBalance",
                                                         "chain.addresses.perp.exchange",
                                                         "chain.addresses.perp.marketRegistry",
                                                         "chain.addresses.v2.factory",
                                                         "chain.addresses.v4.pool_manager",
                                                         "chain.addresses.v4.position_manager",
                                                         "chain.addresses.v4.state_view",
                                                         "chain.addresses.sushi_v3.factory",
                                                         "chain.addresses.sushi_v3.position_manager",
                                                         "chain.addresses.pancake_v3.factory",
                                                         "chain.addresses.pancake_v3.position_manager",
                                                         "chain.addresses.slipstream.factory",
                                                         "chain.addresses.slipstream.position_manager"};
constexpr double kTenYears = 10.0 * 365 * 86400;

/// How the chain's endpoints are followed and believed.
std::vector<Field> reading_fields() {
    using S = Settings;
    using C = ChainSettings;
    return {
        {.path = "chain.reorg_depth",
         .type = Type::integer,
         .unit = "blocks",
         .fallback = "128",
         .range = {8, 8192},
         .doc = "How deep a reorganisation is followed block by block. After a deeper one the keeper says "
                "so, holds for a round, and starts over from the new chain.",
         .store = to(&S::chain, &C::reorg_depth)},
        {.path = "chain.max_head_lag",
         .type = Type::duration,
         .fallback = "30s",
         .range = {1, 3600},
         .doc = "With several endpoints: one whose newest block is that much older than another's is set "
                "aside until it has caught up.",
         .store = to(&S::chain, &C::max_head_lag)},
        {.path = "chain.read_quorum",
         .type = Type::integer,
         .unit = "endpoints",
         .fallback = "1",
         .range = {1, 8},
         .doc = "Endpoints that must give the same answers to everything a round reads. Where they differ "
                "the majority of all endpoints decides, and without one the round holds.",
         .store = to(&S::chain, &C::read_quorum)},
        {.path = "chain.round_deadline",
         .type = Type::duration,
         .fallback = "30s",
         .range = {1, 600},
         .doc = "How long everything a round reads may take together. What is missing by then was not read; "
                "a transaction that is signed is still sent.",
         .store = to(&S::chain, &C::round_deadline)},
        {.path = "chain.sequencer_grace",
         .type = Type::duration,
         .fallback = "1h",
         .range = {0, 86400},
         .doc = "On a layer 2 whose sequencer has an uptime feed: how long prices are not believed after it "
                "has come back.",
         .store = to(&S::chain, &C::sequencer_grace)},
        {.path = "chain.world",
         .type = Type::path,
         .doc = "File that describes the network: a devnet's world file, or one in the form of "
                "config/networks. Required with `devnet` and `custom`.",
         .store = to(&S::chain, &C::world)},
    };
}

std::vector<Field> chain_fields() {
    using S = Settings;
    using C = ChainSettings;
    std::vector<Field> f = {
        {.path = "schema",
         .type = Type::integer,
         .range = {1, 1},
         .doc = "Version of the configuration format.",
         .required = true,
         .file_only = true,
         .store = nowhere()},
        {.path = "chain.preset",
         .type = Type::choice,
         .choices = "sepolia|mainnet|arbitrum|devnet|custom",
         .doc = "The chain. Brings its id, addresses, tokens, feeds and sensible gas limits; `custom` takes "
                "them from `chain.world`.",
         .required = true,
         .store = [](Slot& s, const Value& v) { s.settings.chain.preset = v.shown; }},
        {.path = "chain.confirmations",
         .type = Type::integer,
         .unit = "blocks",
         .fallback = "2",
         .range = {1, 256},
         .doc = "Blocks before a transaction counts as done.",
         .store = to(&S::chain, &C::confirmations)},
        {.path = "chain.clock",
         .type = Type::choice,
         .fallback = "wall",
         .choices = "wall|chain",
         .doc = "What \"now\" is: the computer's clock, or the newest block's time stamp (for a devnet whose "
                "time jumps).",
         .store = to(&S::chain, &C::clock)},
    };
    for (const std::string_view path : kAddressPaths) {
        f.push_back({.path = path,
                     .type = Type::address,
                     .doc = "Replaces the preset's address.",
                     .store = to_address(path.substr(kAddressPrefix.size()))});
    }
    return f;
}

std::vector<Field> rpc_fields() {
    std::vector<Field> f;
    f.push_back({.section = Section::rpc,
                 .path = "url",
                 .type = Type::url,
                 .doc = "HTTP endpoint of a node. Without any [[chain.rpc]], ETH_RPC_URL is used. Empty "
                        "after interpolation: the entry is dropped.",
                 .store = to_rpc(&RpcEndpoint::url)});
    f.push_back({.section = Section::rpc,
                 .path = "ws",
                 .type = Type::ws_url,
                 .doc = "The same node's WebSocket: its `newHeads` end the wait for the next poll early, "
                        "and are used for nothing else. Empty: polling alone.",
                 .store = to_rpc(&RpcEndpoint::ws)});
    f.push_back({.section = Section::rpc,
                 .path = "role",
                 .type = Type::choice,
                 .fallback = "read+send",
                 .choices = "read|send|read+send",
                 .doc = "What the endpoint is used for.",
                 .store = to_rpc(&RpcEndpoint::role)});
    f.push_back({.section = Section::rpc,
                 .path = "timeout",
                 .type = Type::duration,
                 .fallback = "10s",
                 .range = {0.1, 120},
                 .doc = "How long one request may take. Another endpoint is asked after a quarter of it.",
                 .store = to_rpc(&RpcEndpoint::timeout)});
    f.push_back({.section = Section::rpc,
                 .path = "max_rps",
                 .type = Type::number,
                 .unit = "calls per second",
                 .fallback = "0",
                 .range = {0, 1e6},
                 .doc = "Rate that is kept to, counting each call of a batch; 0: none but what the endpoint "
                        "asks for. Transactions do not wait for it.",
                 .store = to_rpc(&RpcEndpoint::max_rps)});
    f.push_back({.section = Section::rpc,
                 .path = "burst",
                 .type = Type::number,
                 .unit = "calls",
                 .fallback = "0",
                 .range = {0, 1e6},
                 .doc = "Calls that may be saved up for later; 0: those of one second.",
                 .store = to_rpc(&RpcEndpoint::burst)});
    return f;
}

std::vector<Field> key_fields() {
    using S = Settings;
    using K = KeySettings;
    return {
        {.path = "key.keystore_file",
         .type = Type::path,
         .doc = "A V3 keystore file, as written by geth, cast and ethers. Default: ETH_KEYSTORE. Not opened "
                "in dry-run.",
         .store = to(&S::key, &K::keystore)},
        {.path = "key.keystore_account",
         .type = Type::text,
         .doc = "Instead of `keystore_file`: a name in ~/.foundry/keystores (`cast wallet import`). Default: "
                "ETH_KEYSTORE_ACCOUNT.",
         .store = to(&S::key, &K::account)},
        {.path = "key.password",
         .type = Type::secret,
         .doc = "Where the keystore's password is: `${cred:NAME}` (systemd credential or docker secret) or "
                "`${file:PATH}`.",
         .store = [](Slot& s, const Value& v) { s.settings.key.password = held<SecretRef>(v); }},
        {.path = "key.password_file",
         .type = Type::path,
         .doc = "Instead of `password`: a file that holds it. Default: ETH_PASSWORD.",
         .store =
             [](Slot& s, const Value& v) {
                 s.settings.key.password = SecretRef{held<std::string>(v), {held<std::string>(v)}};
             }},
        {.path = "key.signer",
         .type = Type::choice,
         .fallback = "process",
         .choices = "process|service",
         .doc =
             "Who holds the key of a live run: `process` is one the keeper starts and takes along, without a "
             "network; `service` is an `outrigger signer` that runs already.",
         .store = to(&S::key, &K::signer)},
        {.path = "key.address",
         .type = Type::address,
         .doc = "The account a dry-run simulates from, whose venue positions it reads. Live asks the "
                "keystore instead, and refuses another account's.",
         .store = [](Slot& s, const Value& v) { s.settings.key.address = held<Address>(v); }},
    };
}

std::vector<Field> threshold_fields() {
    using P = PositionSettings;
    using T = Thresholds;
    constexpr Section policy = Section::policy;
    return {
        {.section = Section::defaults,
         .path = "quote",
         .type = Type::choice,
         .fallback = "USDC",
         .choices = "USDC|USDT|DAI",
         .doc = "Reporting currency.",
         .store = [](Slot& s, const Value& v) { s.settings.quote = v.shown; }},
        {.section = policy,
         .path = "venues",
         .type = Type::list,
         .fallback = "aave",
         .doc = "Where to hedge, in order of preference. `aave` and `perp` need no [venues.NAME] table.",
         .store = to_position(&P::venue_names)},
        {.section = policy,
         .path = "when_gone",
         .type = Type::choice,
         .fallback = "unwind",
         .choices = "unwind|hold",
         .doc = "What becomes of the hedge once the chain proves that the position was burned or belongs to "
                "another account: `unwind` follows it to nothing through the usual gates, `hold` keeps the "
                "hedge until you decide.",
         .store = to_position(&P::when_gone)},
        {.section = policy,
         .path = "fees_in_exposure",
         .type = Type::boolean,
         .fallback = "true",
         .doc = "Whether uncollected fees count as part of what is hedged. false: they are valued and shown "
                "apart, and only the principal is hedged.",
         .store = to_position(&P::fees_in_exposure)},
        {.section = policy,
         .path = "thresholds.delta_band_ratio",
         .type = Type::ratio,
         .unit = "share of position value",
         .fallback = "auto",
         .range = {0, 0.5, true},
         .choices = "auto",
         .doc =
             "Act when the residual exposure passes this share of the position's value. `auto` is the band "
             "that costs least, in risk and trading together; 10 % while the price history is too short "
             "for it.",
         .store = to_policy(&P::thresholds, &T::delta_band_ratio)},
        {.section = policy,
         .path = "thresholds.delta_band_usd",
         .type = Type::number,
         .unit = "USD",
         .fallback = "150",
         .range = {0, 1e9},
         .doc = "... and is worth at least this.",
         .store = to_policy(&P::thresholds, &T::delta_band_usd)},
        {.section = policy,
         .path = "thresholds.rehedge_cooldown",
         .type = Type::duration,
         .fallback = "2m",
         .range = {0, 30 * 86400.0},
         .doc = "At most one hedge of a position in this time.",
         .store = to_policy(&P::thresholds, &T::rehedge_cooldown)},
        {.section = policy,
         .path = "thresholds.force_after",
         .type = Type::duration,
         .fallback = "24h",
         .range = {60, kTenYears},
         .choices = "never",
         .doc = "Re-centre even inside the band after this long.",
         .store = to_policy(&P::thresholds, &T::force_after)},
    };
}

std::vector<Field> limit_fields() {
    using P = PositionSettings;
    using L = Limits;
    constexpr Section policy = Section::policy;
    constexpr Range usd = {0, 1e9, true};
    return {
        {.section = policy,
         .path = "limits.min_trade_usd",
         .type = Type::number,
         .unit = "USD",
         .fallback = "100",
         .range = {0, 1e9},
         .doc = "Smaller corrections wait.",
         .store = to_policy(&P::limits, &L::min_trade_usd)},
        {.section = policy,
         .path = "limits.max_trade_usd",
         .type = Type::number,
         .unit = "USD",
         .fallback = "10000",
         .range = usd,
         .doc = "Larger corrections are split.",
         .store = to_policy(&P::limits, &L::max_trade_usd)},
        {.section = policy,
         .path = "limits.max_trades_per_day",
         .type = Type::integer,
         .fallback = "24",
         .range = {1, 10'000},
         .doc = "Hedges of a position within 24 hours.",
         .store = to_policy(&P::limits, &L::max_trades_per_day)},
        {.section = policy,
         .path = "limits.max_hedge_usd",
         .type = Type::number,
         .unit = "USD",
         .fallback = "50000",
         .range = usd,
         .doc = "Largest hedge of a position, gross.",
         .store = to_policy(&P::limits, &L::max_hedge_usd)},
        {.section = policy,
         .path = "limits.max_slippage_bps",
         .type = Type::number,
         .unit = "bps",
         .fallback = "30",
         .range = {0, 1000, true},
         .doc = "Worst execution against the oracle price.",
         .store = to_policy_bps(&P::limits, &L::max_slippage_ratio)},
        {.section = policy,
         .path = "limits.max_gas_gwei",
         .type = Type::number,
         .unit = "gwei",
         .fallback = "1",
         .range = {0, 100'000, true},
         .doc = "Highest fee per gas.",
         .store = to_policy(&P::limits, &L::max_gas_gwei)},
        {.section = policy,
         .path = "limits.max_gas_usd_per_tx",
         .type = Type::number,
         .unit = "USD",
         .fallback = "2",
         .range = usd,
         .doc = "Highest gas cost of one transaction.",
         .store = to_policy(&P::limits, &L::max_gas_usd_per_tx)},
        {.section = policy,
         .path = "limits.max_gas_usd_per_day",
         .type = Type::number,
         .unit = "USD",
         .fallback = "15",
         .range = usd,
         .doc = "Highest gas cost within 24 hours.",
         .store = to_policy(&P::limits, &L::max_gas_usd_per_day)},
        {.section = policy,
         .path = "limits.max_failed_tx_in_a_row",
         .type = Type::integer,
         .fallback = "3",
         .range = {1, 100},
         .doc = "After this many failures the position pauses and says so.",
         .store = to_policy(&P::limits, &L::max_failed_tx_in_a_row)},
    };
}

std::vector<Field> oracle_fields() {
    using P = PositionSettings;
    using O = OracleSettings;
    constexpr Section policy = Section::policy;
    return {
        {.section = policy,
         .path = "oracle.max_age",
         .type = Type::duration,
         .fallback = "auto",
         .range = {1, 7 * 86400.0},
         .choices = "auto",
         .doc = "Oldest price to believe; `auto` is the feed's heartbeat x 1.2.",
         .store = to_policy(&P::oracle, &O::max_age)},
        {.section = policy,
         .path = "oracle.max_pool_gap_bps",
         .type = Type::number,
         .unit = "bps",
         .fallback = "80",
         .range = {0, 2000, true},
         .doc = "Pool price against oracle price; wider means someone is moving the pool: hold.",
         .store = to_policy_bps(&P::oracle, &O::max_pool_gap_ratio)},
        {.section = policy,
         .path = "oracle.mean_window",
         .type = Type::duration,
         .fallback = "off",
         .range = {60, 7 * 86400.0},
         .choices = "off",
         .doc = "Also compare a Uniswap v3 pool's price with its own mean over this time, from the "
                "observations it "
                "keeps; 30m is a good choice where it keeps enough of them. Too few: hold.",
         .store = to_policy(&P::oracle, &O::mean_window)},
        {.section = policy,
         .path = "oracle.max_mean_gap_bps",
         .type = Type::number,
         .unit = "bps",
         .fallback = "200",
         .range = {0, 5000, true},
         .doc = "With `oracle.mean_window`: pool price against its mean; wider means somebody is moving the "
                "pool, or "
                "the market runs: hold.",
         .store = to_policy_bps(&P::oracle, &O::max_mean_gap_ratio)},
    };
}

std::vector<Field> position_fields() {
    using P = PositionSettings;
    using R = PositionRef;
    constexpr Section position = Section::position;
    return {
        {.section = position,
         .path = "name",
         .type = Type::text,
         .doc = "Your label, in every message. Default: v3- and the NFT id; likewise for the other kinds.",
         .file_only = true,
         .store = nowhere()},
        {.section = position,
         .path = "uniswap_v3",
         .type = Type::integer,
         .range = {1, 9e18},
         .doc = "The position's NFT id. Pool, tokens, range and fee tier are read on chain. Exactly one of "
                "this key and the next five says which position it is.",
         .store = to_kind("uniswap-v3", &R::id)},
        {.section = position,
         .path = "uniswap_v2",
         .type = Type::address,
         .doc = "Instead: a v2 pair, which is also its LP token. Needs `owner`.",
         .store = to_kind("uniswap-v2", &R::pair)},
        {.section = position,
         .path = "uniswap_v4",
         .type = Type::integer,
         .range = {1, 9e18},
         .doc = "Instead: an NFT id of Uniswap v4.",
         .store = to_kind("uniswap-v4", &R::id)},
        {.section = position,
         .path = "sushi_v3",
         .type = Type::integer,
         .range = {1, 9e18},
         .doc = "Instead: an NFT id of Sushi v3.",
         .store = to_kind("sushi-v3", &R::id)},
        {.section = position,
         .path = "pancake_v3",
         .type = Type::integer,
         .range = {1, 9e18},
         .doc = "Instead: an NFT id of PancakeSwap v3.",
         .store = to_kind("pancake-v3", &R::id)},
        {.section = position,
         .path = "slipstream",
         .type = Type::integer,
         .range = {1, 9e18},
         .doc = "Instead: an NFT id of Aerodrome or Velodrome Slipstream.",
         .store = to_kind("slipstream", &R::id)},
        {.section = position,
         .path = "owner",
         .type = Type::address,
         .doc = "Whose position it is. Of an NFT, unless said, whoever owns it when the keeper starts: say "
                "it, so that a transfer while no keeper runs is noticed too. Once it is another's, see "
                "`when_gone`.",
         .store = to_ref(&R::owner)},
        {.section = position,
         .path = "staked_in",
         .type = Type::address,
         .doc = "The contract that holds the NFT for its owner: a Uniswap v3 staker, a gauge, a MasterChef.",
         .store = to_ref(&R::staked_in)},
        {.section = position,
         .path = "hooks_allowed",
         .type = Type::addresses,
         .doc = "Hooks of Uniswap v4 that you have judged. A pool with any other hook that can change what "
                "a position is worth is refused.",
         .store = to_ref(&R::hooks_allowed)},
        {.section = position,
         .path = "enabled",
         .type = Type::boolean,
         .fallback = "true",
         .doc = "false: read and shown, never hedged.",
         .store = to_position(&P::enabled)},
        {.section = position,
         .path = "profile",
         .type = Type::text,
         .doc = "Name of a [profiles.NAME] table that overrides [defaults] for this position.",
         .store = to_position(&P::profile)},
    };
}

std::vector<Field> venue_fields() {
    using V = VenueSettings;
    constexpr Section venue = Section::venue;
    return {
        {.section = venue,
         .path = "kind",
         .type = Type::choice,
         .choices = "aave-v3|perp-v2",
         .doc = "What the venue is. May be left out for venues named `aave` and `perp`.",
         .store = to_venue(&V::kind)},
        {.section = venue,
         .path = "health_factor_floor",
         .type = Type::number,
         .fallback = "1.6",
         .range = {1.01, 100},
         .doc = "No action may take the health factor below this.",
         .only_kind = "aave-v3",
         .store = to_venue(&V::health_factor_floor)},
        {.section = venue,
         .path = "health_factor_target",
         .type = Type::number,
         .fallback = "2",
         .range = {1.01, 100},
         .doc = "What new collateral is measured for.",
         .only_kind = "aave-v3",
         .store = to_venue(&V::health_factor_target)},
        {.section = venue,
         .path = "health_factor_panic",
         .type = Type::number,
         .fallback = "1.25",
         .range = {1.01, 100},
         .doc = "Below this: repay first.",
         .only_kind = "aave-v3",
         .store = to_venue(&V::health_factor_panic)},
        {.section = venue,
         .path = "max_borrow_apr",
         .type = Type::ratio,
         .unit = "per year",
         .fallback = "0.25",
         .range = {0, 5, true},
         .doc = "A dearer borrow is not opened.",
         .only_kind = "aave-v3",
         .store = to_venue(&V::max_borrow_apr)},
        {.section = venue,
         .path = "max_leverage",
         .type = Type::number,
         .fallback = "3",
         .range = {0, 10, true},
         .doc = "Notional over collateral, at most.",
         .only_kind = "perp-v2",
         .store = to_venue(&V::max_leverage)},
    };
}

std::vector<Field> process_fields() {
    using S = Settings;
    return {
        {.path = "log.level",
         .type = Type::choice,
         .fallback = "info",
         .choices = "trace|debug|info|warn|error",
         .doc = "Least important message written.",
         .store = to(&S::log, &LogSettings::level)},
        {.path = "log.format",
         .type = Type::choice,
         .fallback = "auto",
         .choices = "auto|text|json",
         .doc = "`auto`: text on a terminal, JSON elsewhere.",
         .store = to(&S::log, &LogSettings::format)},
        {.path = "storage.datadir",
         .type = Type::path,
         .fallback = "~/.local/share/outrigger",
         .doc = "Journal and prices; dry-run and live keep separate files in it. Also OUTRIGGER_DATADIR; "
                "$XDG_DATA_HOME is respected.",
         .store = to(&S::storage, &StorageSettings::datadir)},
    };
}

}  // namespace

const std::vector<Field>& fields() {
    static const std::vector<Field> all = [] {
        std::vector<Field> f;
        for (auto* group : {chain_fields, reading_fields, rpc_fields, key_fields, threshold_fields,
                            limit_fields, oracle_fields, model_fields, stability_fields, position_fields,
                            venue_fields, believing_fields, spending_fields, process_fields}) {
            for (auto& field : group()) f.push_back(std::move(field));
        }
        return f;
    }();
    return all;
}

std::string_view last_part(std::string_view path) {
    const auto dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::vector<std::string> choices_of(const Field& field) {
    std::vector<std::string> all;
    std::string_view rest = field.choices;
    while (!rest.empty()) {
        const auto bar = std::min(rest.find('|'), rest.size());
        all.emplace_back(rest.substr(0, bar));
        rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
    return all;
}

std::string environment_name(std::string_view path) {
    std::string name = "OUTRIGGER__";
    for (const char c : path) {
        if (c == '.' || c == '[') {
            name += "__";
        } else if (c != ']') {
            const auto u = static_cast<unsigned char>(c);
            name += std::isalnum(u) != 0 ? static_cast<char>(std::toupper(u)) : '_';
        }
    }
    return name;
}

}  // namespace outrigger::config
