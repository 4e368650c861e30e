// SPDX-License-Identifier: Apache-2.0
#include "config/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "config/preset_texts.hpp"

namespace outrigger::config {
namespace {

using nlohmann::json;

constexpr std::int64_t kDefaultHeartbeat = 3600;
constexpr double kDefaultDeviation = 0.005;

tl::unexpected<Error> bad(std::string what) {
    return fail(Errc::config, std::move(what));
}

Result<const json*> member(const json& object, const std::string& key) {
    if (!object.is_object() || !object.contains(key)) return bad(fmt::format("{} is missing", key));
    return &object.at(key);
}

Result<std::string> text(const json& object, const std::string& key) {
    const json* value = OR_TRY(member(object, key));
    if (!value->is_string()) return bad(fmt::format("{} is not text", key));
    return value->get<std::string>();
}

Result<double> number(const json& object, const std::string& key, double low, double high) {
    const json* value = OR_TRY(member(object, key));
    if (!value->is_number()) return bad(fmt::format("{} is not a number", key));
    const auto v = value->get<double>();
    if (!(v >= low && v <= high))
        return bad(fmt::format("{} = {} is not between {} and {}", key, v, low, high));
    return v;
}

Result<std::uint64_t> whole(const json& object, const std::string& key, std::uint64_t low,
                            std::uint64_t high) {
    const json* value = OR_TRY(member(object, key));
    if (!value->is_number_unsigned()) return bad(fmt::format("{} is not a whole number", key));
    const auto v = value->get<std::uint64_t>();
    if (v < low || v > high) return bad(fmt::format("{} = {} is not between {} and {}", key, v, low, high));
    return v;
}

Result<Address> address_in(const json& value, const std::string& name) {
    if (!value.is_string()) return bad(fmt::format("{} is not an address in quotes", name));
    const auto parsed = parse_address(value.get<std::string>());
    if (!parsed) return bad(fmt::format("{}: {}", name, parsed.error().what));
    return *parsed;
}

Result<Address> address_of(const json& object, const std::string& key, const std::string& name) {
    const json* value = OR_TRY(member(object, key));
    return address_in(*value, name);
}

struct Named {
    const char* key;   // in the preset file
    const char* name;  // in the address map
};
constexpr std::array kUniswapNames{Named{"factory", "v3.factory"}, Named{"npm", "v3.npm"},
                                   Named{"router", "v3.router"}, Named{"quoter", "v3.quoter"}};
constexpr std::array kUniswapV2Names{Named{"factory", "v2.factory"}};
constexpr std::array kUniswapV4Names{Named{"pool_manager", "v4.pool_manager"},
                                     Named{"position_manager", "v4.position_manager"},
                                     Named{"state_view", "v4.state_view"}};
constexpr std::array kSushiNames{Named{"factory", "sushi_v3.factory"},
                                 Named{"position_manager", "sushi_v3.position_manager"}};
constexpr std::array kPancakeNames{Named{"factory", "pancake_v3.factory"},
                                   Named{"position_manager", "pancake_v3.position_manager"}};
constexpr std::array kSlipstreamNames{Named{"factory", "slipstream.factory"},
                                      Named{"position_manager", "slipstream.position_manager"}};
constexpr std::array kAaveNames{Named{"pool", "aave.pool"}, Named{"data", "aave.data"},
                                Named{"oracle", "aave.oracle"}};
constexpr std::array kPerpNames{Named{"clearing_house", "perp.clearingHouse"}, Named{"vault", "perp.vault"},
                                Named{"account_balance", "perp.accountBalance"},
                                Named{"exchange", "perp.exchange"},
                                Named{"market_registry", "perp.marketRegistry"}};

template <std::size_t N>
Result<void> read_group(const json& root, const std::string& group, const std::array<Named, N>& names,
                        Network& to) {
    if (!root.contains(group)) return {};
    for (const Named& n : names) {
        to.addresses[n.name] = OR_TRY(address_of(root.at(group), n.key, fmt::format("{}.{}", group, n.key)));
    }
    return {};
}

Result<void> read_perp_bases(const json& root, Network& to) {
    if (!root.contains("perp_v2")) return {};
    const json* base = OR_TRY(member(root.at("perp_v2"), "base"));
    if (!base->is_object()) return bad("perp_v2.base is not a table");
    for (const auto& [symbol, value] : base->items()) {
        to.addresses["perp.base." + symbol] = OR_TRY(address_in(value, "perp_v2.base." + symbol));
    }
    return {};
}

Result<Token> read_token(const json& from) {
    Token t;
    t.symbol = OR_TRY(text(from, "symbol"));
    t.address = OR_TRY(address_of(from, "address", t.symbol + ".address"));
    t.decimals = static_cast<std::uint8_t>(OR_TRY(whole(from, "decimals", 0, 30)));
    t.asset = OR_TRY(text(from, "asset"));
    return t;
}

Result<Feed> read_feed(const json& from) {
    Feed f;
    f.asset = OR_TRY(text(from, "asset"));
    f.proxy = OR_TRY(address_of(from, "proxy", f.asset + ".proxy"));
    f.heartbeat = std::chrono::seconds(OR_TRY(whole(from, "heartbeat_s", 1, 30 * 86400)));
    f.deviation_ratio = OR_TRY(number(from, "deviation", 0, 0.5));
    return f;
}

Result<ComposedFeed> read_composed(const json& from) {
    ComposedFeed f;
    f.asset = OR_TRY(text(from, "asset"));
    f.proxy = OR_TRY(address_of(from, "proxy", f.asset + ".proxy"));
    f.through = OR_TRY(text(from, "through"));
    f.heartbeat = std::chrono::seconds(OR_TRY(whole(from, "heartbeat_s", 1, 30 * 86400)));
    f.deviation_ratio = OR_TRY(number(from, "deviation", 0, 0.5));
    return f;
}

Result<PythPrice> read_pyth_price(const json& from) {
    PythPrice p;
    p.asset = OR_TRY(text(from, "asset"));
    const std::string id = OR_TRY(text(from, "id"));
    const auto parsed = parse_fixed<Hash32>(id);
    if (!parsed) return bad(fmt::format("{}.id: {}", p.asset, parsed.error().what));
    p.id = *parsed;
    p.max_age = std::chrono::seconds(OR_TRY(whole(from, "max_age_s", 1, 30 * 86400)));
    p.max_confidence_ratio = OR_TRY(number(from, "max_confidence", 1e-6, 0.5));
    return p;
}

template <class Item>
Result<std::vector<Item>> read_list(const json& root, const std::string& key,
                                    Result<Item> (*read)(const json&)) {
    const json* list = OR_TRY(member(root, key));
    if (!list->is_array()) return bad(fmt::format("{} is not a list", key));
    std::vector<Item> items;
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto item = read((*list)[i]);
        if (!item) return bad(fmt::format("{}[{}]: {}", key, i, item.error().what));
        items.push_back(*std::move(item));
    }
    return items;
}

/// What neither every preset nor every world file has: more sources of prices, and what they depend on.
Result<void> read_price_sources(const json& root, Network& to) {
    if (root.contains("composed_feeds"))
        to.composed_feeds = OR_TRY(read_list<ComposedFeed>(root, "composed_feeds", read_composed));
    if (root.contains("sequencer_uptime"))
        to.addresses["sequencer_uptime"] = OR_TRY(address_of(root, "sequencer_uptime", "sequencer_uptime"));
    if (!root.contains("pyth")) return {};
    to.addresses["pyth"] = OR_TRY(address_of(root.at("pyth"), "contract", "pyth.contract"));
    to.pyth_prices = OR_TRY(read_list<PythPrice>(root.at("pyth"), "prices", read_pyth_price));
    return {};
}

/// The settings as the text an operator would write: lists joined by commas.
Result<std::map<std::string, std::string>> read_settings(const json& root) {
    std::map<std::string, std::string> settings;
    if (!root.contains("settings")) return settings;
    if (!root.at("settings").is_object()) return bad("settings is not a table");
    for (const auto& [key, value] : root.at("settings").items()) {
        std::string written;
        if (value.is_array()) {
            for (const auto& item : value) {
                if (!item.is_string()) return bad(fmt::format("settings.{} is not a list of texts", key));
                written += (written.empty() ? "" : ",") + item.get<std::string>();
            }
        } else if (value.is_string()) {
            written = value.get<std::string>();
        } else if (value.is_number() || value.is_boolean()) {
            written = value.dump();
        } else {
            return bad(fmt::format("settings.{} is neither text nor a number", key));
        }
        settings[key] = written;
    }
    return settings;
}

Result<void> read_preset(const json& root, Network& to) {
    to.block_time_s = OR_TRY(number(root, "block_time_s", 0, 3600));
    const std::string fee_model = OR_TRY(text(root, "fee_model"));
    if (fee_model != "eip1559" && fee_model != "arbitrum") {
        return bad(fmt::format("fee_model = \"{}\" is neither eip1559 nor arbitrum", fee_model));
    }
    to.fee_model = fee_model == "arbitrum" ? FeeModel::arbitrum : FeeModel::eip1559;
    to.ethereum_headers = root.contains("ethereum_headers") && root.at("ethereum_headers") == true;
    to.addresses["multicall3"] = OR_TRY(address_of(root, "multicall3", "multicall3"));
    OR_TRY(read_group(root, "uniswap_v3", kUniswapNames, to));
    OR_TRY(read_group(root, "uniswap_v2", kUniswapV2Names, to));
    OR_TRY(read_group(root, "uniswap_v4", kUniswapV4Names, to));
    OR_TRY(read_group(root, "sushi_v3", kSushiNames, to));
    OR_TRY(read_group(root, "pancake_v3", kPancakeNames, to));
    OR_TRY(read_group(root, "slipstream", kSlipstreamNames, to));
    OR_TRY(read_group(root, "aave_v3", kAaveNames, to));
    OR_TRY(read_group(root, "perp_v2", kPerpNames, to));
    OR_TRY(read_perp_bases(root, to));
    to.tokens = OR_TRY(read_list<Token>(root, "tokens", read_token));
    to.feeds = OR_TRY(read_list<Feed>(root, "feeds", read_feed));
    for (const Token& t : to.tokens) to.addresses["tokens." + t.symbol] = t.address;
    return {};
}

Result<void> read_world(const json& root, Network& to) {
    const json* all = OR_TRY(member(root, "addresses"));
    if (!all->is_object()) return bad("addresses is not a table");
    const json* decimals = OR_TRY(member(root, "decimals"));
    std::int64_t heartbeat = kDefaultHeartbeat;
    if (root.contains("heartbeat")) {
        heartbeat = static_cast<std::int64_t>(OR_TRY(whole(root, "heartbeat", 1, 30 * 86400)));
    }
    for (const auto& [name, value] : all->items()) {
        const Address address = OR_TRY(address_in(value, "addresses." + name));
        to.addresses[name] = address;
        if (name.starts_with("tokens.")) {
            const std::string symbol = name.substr(7);
            const std::uint64_t places = OR_TRY(whole(*decimals, symbol, 0, 30));
            to.tokens.push_back({symbol, address, static_cast<std::uint8_t>(places), asset_of(symbol)});
        } else if (name.starts_with("feeds.")) {
            to.feeds.push_back(
                {asset_of(name.substr(6)), address, std::chrono::seconds(heartbeat), kDefaultDeviation});
        }
    }
    return {};
}

Result<void> check_unique(const Network& network) {
    for (std::size_t i = 0; i < network.tokens.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const Token &a = network.tokens[i], &b = network.tokens[j];
            if (a.symbol == b.symbol) return bad(fmt::format("the token {} is listed twice", a.symbol));
            if (a.address == b.address)
                return bad(fmt::format("{} and {} have the same address", b.symbol, a.symbol));
        }
    }
    for (std::size_t i = 0; i < network.feeds.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (network.feeds[i].asset == network.feeds[j].asset) {
                return bad(fmt::format("{} has two feeds", network.feeds[i].asset));
            }
        }
    }
    return {};
}

Result<Address> required(const Network& network, const char* name) {
    if (const auto found = network.address(name)) return *found;
    return bad(fmt::format("the address {} is missing", name));
}

bool has_any(const Network& network, std::string_view prefix) {
    const auto it = network.addresses.lower_bound(std::string(prefix));
    return it != network.addresses.end() && it->first.starts_with(prefix);
}

}  // namespace

Result<void> derive_addresses(Network& n) {
    n.multicall3 = OR_TRY(required(n, "multicall3"));
    n.uniswap_v3.factory = OR_TRY(required(n, "v3.factory"));
    n.uniswap_v3.position_manager = OR_TRY(required(n, "v3.npm"));
    n.uniswap_v3.router = OR_TRY(required(n, "v3.router"));
    n.uniswap_v3.quoter = OR_TRY(required(n, "v3.quoter"));
    n.pyth = n.address("pyth");
    n.sequencer_uptime = n.address("sequencer_uptime");
    n.uniswap_v4.reset();
    if (n.address("v4.position_manager")) {
        UniswapV4Addresses v4;
        v4.pool_manager = OR_TRY(required(n, "v4.pool_manager"));
        v4.position_manager = OR_TRY(required(n, "v4.position_manager"));
        v4.state_view = OR_TRY(required(n, "v4.state_view"));
        n.uniswap_v4 = v4;
    }
    n.aave_v3.reset();
    if (has_any(n, "aave.")) {
        AaveV3Addresses a;
        a.pool = OR_TRY(required(n, "aave.pool"));
        a.data_provider = OR_TRY(required(n, "aave.data"));
        a.oracle = OR_TRY(required(n, "aave.oracle"));
        n.aave_v3 = a;
    }
    n.perp_v2.reset();
    if (has_any(n, "perp.")) {
        PerpV2Addresses p;
        p.clearing_house = OR_TRY(required(n, "perp.clearingHouse"));
        p.vault = OR_TRY(required(n, "perp.vault"));
        p.account_balance = OR_TRY(required(n, "perp.accountBalance"));
        p.exchange = OR_TRY(required(n, "perp.exchange"));
        p.market_registry = OR_TRY(required(n, "perp.marketRegistry"));
        constexpr std::string_view kBase = "perp.base.";
        for (const auto& [name, address] : n.addresses) {
            if (name.starts_with(kBase)) p.base[asset_of(name.substr(kBase.size()))] = address;
        }
        n.perp_v2 = std::move(p);
    }
    return {};
}

Result<Network> parse_network(std::string_view json_text, bool complete) {
    const json root = json::parse(json_text, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
    if (root.is_discarded()) return bad("this is not JSON");
    if (!root.is_object()) return bad("this is not a JSON object");
    if (root.contains("schema")) OR_TRY(whole(root, "schema", 1, 1));
    Network network;
    network.settings = OR_TRY(read_settings(root));
    if (root.contains("name")) network.name = OR_TRY(text(root, "name"));
    if (!complete) return network;
    network.chain_id = ChainId(OR_TRY(whole(root, "chain_id", 1, 1ULL << 53)));
    if (root.contains("addresses")) {
        OR_TRY(read_world(root, network));
    } else {
        OR_TRY(read_preset(root, network));
    }
    OR_TRY(read_price_sources(root, network));
    OR_TRY(check_unique(network));
    OR_TRY(derive_addresses(network));
    return network;
}

const Token* Network::token(std::string_view symbol) const {
    const auto it =
        std::find_if(tokens.begin(), tokens.end(), [&](const Token& t) { return t.symbol == symbol; });
    return it == tokens.end() ? nullptr : &*it;
}

const Token* Network::token_at(const Address& wanted) const {
    const auto it =
        std::find_if(tokens.begin(), tokens.end(), [&](const Token& t) { return t.address == wanted; });
    return it == tokens.end() ? nullptr : &*it;
}

const Feed* Network::feed(std::string_view asset) const {
    const auto it = std::find_if(feeds.begin(), feeds.end(), [&](const Feed& f) { return f.asset == asset; });
    return it == feeds.end() ? nullptr : &*it;
}

std::optional<Address> Network::address(std::string_view wanted) const {
    const auto it = addresses.find(std::string(wanted));
    return it == addresses.end() ? std::nullopt : std::optional(it->second);
}

std::string asset_of(std::string_view symbol) {
    if (symbol == "WETH") return "ETH";
    if (symbol == "WBTC") return "BTC";
    return std::string(symbol);
}

bool is_quote_asset(std::string_view asset) {
    return asset == "USDC" || asset == "USDT" || asset == "DAI";
}

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    for (const PresetText& p : preset_texts()) names.emplace_back(p.name);
    return names;
}

std::string_view preset_text(std::string_view name) {
    for (const PresetText& p : preset_texts()) {
        if (p.name == name) return p.json;
    }
    return {};
}

}  // namespace outrigger::config
