// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/owned_positions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include "chain/abi/call.hpp"
#include "chain/abi/erc20.hpp"
#include "chain/base/hex.hpp"
#include "chain/pool/gather.hpp"
#include "chain/pool/token_identity.hpp"
#include "chain/pool/uniswap_v2_abi.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "chain/pool/uniswap_v4_abi.hpp"
#include "chain/rpc/logs.hpp"

namespace outrigger::cli {

namespace {

using TokenOfOwnerByIndex = abi::Function<"tokenOfOwnerByIndex", U256(Address, U256)>;

constexpr std::uint64_t kNftsMax = 2000;  // of one position manager
constexpr std::size_t kSymbolMax = 12;

Result<std::vector<PoolSpec>> nfts_of(BatchReader& reader, const Pins& pins, const config::Network& network,
                                      const config::PositionKind& kind, const Address& owner) {
    const auto manager = network.address(kind.manager);
    if (!manager) return std::vector<PoolSpec>{};
    const U256 count =
        OR_TRY(reader.read(pins, eth_query<erc20::BalanceOf>(network.chain_id, *manager, owner)));
    if (count > U256(kNftsMax)) {
        return fail(Errc::unsupported, fmt::format("it owns {} NFTs of {}; at most {} are listed",
                                                   count.to_decimal(), kind.title, kNftsMax));
    }
    std::vector<Query<U256>> queries;
    for (std::uint64_t i = 0; i < count.as_u64(); ++i)
        queries.push_back(eth_query<TokenOfOwnerByIndex>(network.chain_id, *manager, owner, U256(i)));
    std::vector<PoolSpec> out;
    for (const auto& answer : OR_TRY(reader.read(pins, each(std::move(queries))))) {
        PoolSpec spec;
        spec.kind = kind.kind;
        spec.token_id = OR_TRY(answer);
        spec.name = fmt::format("{}-{}", kind.label, spec.token_id.to_decimal());
        spec.chain = network.chain_id;
        spec.position_manager = *manager;
        spec.owner = owner;
        out.push_back(std::move(spec));
    }
    return out;
}

/// The settings would name it so.
config::PositionRef reference_to(const PoolSpec& spec) {
    config::PositionRef ref;
    ref.kind = spec.kind;
    ref.id = spec.token_id.fits_u64() ? spec.token_id.as_u64() : 0;
    ref.pair = spec.pair;
    ref.owner = spec.owner;
    ref.staked_in = spec.staked_in;
    ref.hooks_allowed = spec.hooks_allowed;
    return ref;
}

/// A stranger's symbol proves nothing: anybody can call a token USDC. So the address stands beside it.
std::string stranger(const TokenIdentity& token) {
    std::string symbol;
    for (const char c : token.symbol) {
        if (c > ' ' && c < '\x7f' && symbol.size() < kSymbolMax) symbol += c;
    }
    const std::string address = checksum_address(token.address);
    const std::string brief = address.substr(0, 6) + "…" + address.substr(address.size() - 4);
    return symbol.empty() ? brief : fmt::format("{} ({})", symbol, brief);
}

/// The tokens of the network and those met on the way, each an asset of its own.
class Tokens {
  public:
    Tokens(const config::Network& network, const Universe& universe) : universe_(universe) {
        for (const auto& token : network.tokens) {
            if (const auto asset = universe.find(token.asset))
                infos_.push_back({token.address, token.decimals, *asset, token.symbol});
        }
        if (const auto native = universe.find("ETH"); native && network.token_at(Address{}) == nullptr)
            infos_.push_back({Address{}, 18, *native, "ETH"});
    }
    bool add(const TokenIdentity& token) {
        if (std::any_of(infos_.begin(), infos_.end(),
                        [&](const auto& t) { return t.address == token.address; }))
            return false;
        const AssetId asset(static_cast<std::uint16_t>(universe_.assets.size() + strangers_.size()));
        infos_.push_back({token.address, token.decimals, asset, token.symbol});
        strangers_.push_back(stranger(token));
        return true;
    }
    Result<TokenTable> table() const { return TokenTable::make(infos_); }
    std::string label(AssetId asset) const {
        const std::size_t known = universe_.assets.size();
        return asset.value < known ? token_label(universe_, asset) : strangers_.at(asset.value - known);
    }
    /// Why the asset has no price here; empty when it has one.
    std::string unpriced(const config::Network& network, AssetId asset) const {
        if (asset.value < universe_.assets.size() && network.feed(universe_.symbol(asset)) != nullptr)
            return "";
        return fmt::format("{} has no price feed on {}", label(asset), network.name);
    }

  private:
    const Universe& universe_;
    std::vector<TokenInfo> infos_;
    std::vector<std::string> strangers_;
};

/// Where the position's two tokens are, whatever they are.
Result<std::pair<Address, Address>> token_addresses(BatchReader& reader, const Pins& pins,
                                                    const PoolSpec& spec) {
    if (spec.kind == "uniswap-v2") {
        return reader.read(pins, both(eth_query<v2::Token0>(spec.chain, spec.pair),
                                      eth_query<v2::Token1>(spec.chain, spec.pair)));
    }
    if (spec.kind == "uniswap-v4") {
        const auto info = OR_TRY(reader.read(
            pins, eth_query<v4::PoolAndPositionInfo>(spec.chain, spec.position_manager, spec.token_id)));
        return std::pair{std::get<0>(std::get<0>(info)), std::get<1>(std::get<0>(info))};
    }
    // The forks answer positions() with their tokens where Uniswap v3 has them.
    const auto nft =
        OR_TRY(reader.read(pins, eth_query<v3::Positions>(spec.chain, spec.position_manager, spec.token_id)));
    return std::pair{std::get<2>(nft), std::get<3>(nft)};
}

/// The pool, after its tokens have been looked up when the network does not know them.
Result<std::unique_ptr<Pool>> open_any(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                       Tokens& tokens) {
    auto pool = open_pool(reader, pins, spec, OR_TRY(tokens.table()));
    if (pool || pool.error().code != Errc::config) return pool;
    const auto where = OR_TRY(token_addresses(reader, pins, spec));
    const auto found = OR_TRY(reader.read(
        pins, both(identify_token(spec.chain, where.first), identify_token(spec.chain, where.second))));
    const bool first = tokens.add(found.first);
    const bool second = tokens.add(found.second);
    if (!first && !second) return pool;
    return open_pool(reader, pins, spec, OR_TRY(tokens.table()));
}

/// A position without prices: what it holds and where its range is.
Told tell_unpriced(const PoolSpec& spec, const LpView& view, const Tokens& tokens, std::string why) {
    PositionStory story;
    story.name = spec.name;
    story.ref = reference_to(spec);
    story.token0 = tokens.label(view.curve.asset0);
    story.token1 = tokens.label(view.curve.asset1);
    story.view = view;
    story.unpriced = std::move(why);
    story.volatility_note = story.unpriced;
    story.entry_note = "an entry price can be given for configured positions";
    auto report = report_position(view, {});
    if (!report) return UnreadablePosition{story.name, story.ref, report.error().what};
    story.report = *std::move(report);
    return story;
}

/// The positions in the place of the configured ones: watched, never hedged.
config::Settings watching(config::Settings settings, const std::vector<PoolSpec>& specs) {
    config::PositionSettings own;
    own.model.bar = std::chrono::hours(1);
    own.model.lookback = std::chrono::days(30);
    own.model.min_bars = 168;
    if (!settings.positions.empty()) own.model = settings.positions.front().model;
    own.enabled = false;
    settings.positions.clear();
    settings.venues.clear();
    for (const auto& spec : specs) {
        own.name = spec.name;
        own.ref = reference_to(spec);
        settings.positions.push_back(own);
    }
    return settings;
}

TimePoint wall_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Tells the positions whose tokens have prices, through the keeper's own eyes.
Outcome<std::vector<Told>> tell_priced(const config::Settings& settings, const std::vector<PoolSpec>& specs,
                                       const StoryInputs& inputs) {
    std::vector<Told> out;
    if (specs.empty()) return out;
    const auto watched = watching(settings, specs);
    Keeper::Options options;
    options.account = dry_run_account(settings);
    options.triggers = false;
    auto keeper = Keeper::look_only(watched, std::move(options));
    if (!keeper) return stop(start_failure(keeper.error(), watched));
    const auto look = (*keeper)->look();
    if (!look) return stop(start_failure(look.error(), watched));
    for (std::size_t i = 0; i < specs.size(); ++i)
        out.push_back(tell_position(watched, (*keeper)->market(), look->seen, i, inputs));
    return out;
}

/// One discovered position on its way to being told.
struct Found {
    PoolSpec spec;
    std::optional<Told> told;  // empty: it has prices, and is told with the others
};

Result<std::vector<Found>> look_at(BatchReader& reader, const Pins& pins, const config::Network& network,
                                   const Universe& universe, std::vector<PoolSpec> specs) {
    Tokens tokens(network, universe);
    std::vector<Found> out;
    for (auto& spec : specs) {
        Found found{std::move(spec), std::nullopt};
        const auto pool = open_any(reader, pins, found.spec, tokens);
        const auto view = pool ? reader.read(pins, (*pool)->position()) : tl::unexpected(pool.error());
        if (!view) {
            if (view.error().code == Errc::transport || view.error().code == Errc::timeout)
                return tl::unexpected(view.error());
            found.told = UnreadablePosition{found.spec.name, reference_to(found.spec), view.error().what};
        } else {
            std::string why = tokens.unpriced(network, view->curve.asset0);
            if (why.empty()) why = tokens.unpriced(network, view->curve.asset1);
            if (!why.empty()) found.told = tell_unpriced(found.spec, *view, tokens, std::move(why));
        }
        out.push_back(std::move(found));
    }
    return out;
}

}  // namespace

Result<std::vector<PoolSpec>> enumerate_nfts(BatchReader& reader, const Pins& pins,
                                             const config::Network& network, const Address& owner) {
    std::vector<PoolSpec> out;
    const auto kinds = pool_kinds();
    for (const auto& kind : config::kPositionKinds) {
        const bool readable = std::find(kinds.begin(), kinds.end(), kind.kind) != kinds.end();
        if (!kind.stakes || !readable) continue;
        for (auto& spec : OR_TRY(nfts_of(reader, pins, network, kind, owner))) out.push_back(std::move(spec));
    }
    return out;
}

Result<std::vector<PoolSpec>> candidate_pairs(BatchReader& reader, const Pins& pins,
                                              const config::Network& network, const Address& owner) {
    std::vector<PoolSpec> out;
    const auto factory = network.address("v2.factory");
    if (!factory) return out;
    const auto& tokens = network.tokens;
    std::vector<Query<Address>> pairs;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            pairs.push_back(
                eth_query<v2::GetPair>(network.chain_id, *factory, tokens[i].address, tokens[j].address));
    }
    std::vector<Query<U256>> balances;
    for (const auto& answer : OR_TRY(reader.read(pins, each(std::move(pairs))))) {
        const Address pair = OR_TRY(answer);
        if (pair == Address{}) continue;  // the factory knows none
        PoolSpec spec;
        spec.kind = "uniswap-v2";
        spec.name = "v2-" + to_hex(pair).substr(0, 10);
        spec.chain = network.chain_id;
        spec.pair = pair;
        spec.owner = owner;
        out.push_back(std::move(spec));
        balances.push_back(eth_query<erc20::BalanceOf>(network.chain_id, pair, owner));
    }
    const auto shares = OR_TRY(reader.read(pins, each(std::move(balances))));
    std::vector<PoolSpec> held;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (!OR_TRY(shares[i]).is_zero()) held.push_back(std::move(out[i]));
    }
    return held;
}

Result<std::vector<PoolSpec>> discover_owned(BatchReader& reader, const Pins& pins,
                                             const config::Network& network, const Address& owner) {
    auto out = OR_TRY(enumerate_nfts(reader, pins, network, owner));
    for (auto& spec : OR_TRY(candidate_pairs(reader, pins, network, owner))) out.push_back(std::move(spec));
    return out;
}

Result<LoggedNfts> logged_nfts(NodeSet& nodes, BatchReader& reader, const Pins& pins,
                               const config::Network& network, const Address& owner) {
    using Transfer = abi::Event<"Transfer", Address, Address, U256>;
    LoggedNfts out;
    if (!network.uniswap_v4) return out;
    const Address manager = network.uniswap_v4->position_manager;
    Hash32 to{};
    std::copy(owner.data.begin(), owner.data.end(),
              to.data.end() - static_cast<std::ptrdiff_t>(owner.data.size()));
    const LogFilter filter{manager, {Transfer::topic, std::nullopt, to}};
    const BlockNumber head = pins.at(network.chain_id).number;
    const auto search = nodes.read([&](Node& node) { return search_logs(node, filter, head); });
    if (!search) {  // an endpoint without logs is no reason to say nothing of the rest
        out.note = "Uniswap v4 positions could not be looked for: " + search.error().what;
        return out;
    }
    if (!search->stopped.empty()) {
        out.note = fmt::format("Uniswap v4 positions were looked for back to block {} only ({})",
                               search->reached.value, search->stopped);
    }
    std::set<U256> ids;
    for (const auto& log : search->logs) {
        if (log.topics.size() == 4) ids.insert(U256::from_be(log.topics[3].data));
    }
    std::vector<Query<Address>> owners;
    for (const auto& id : ids) owners.push_back(eth_query<v4::OwnerOf>(network.chain_id, manager, id));
    const auto answers = OR_TRY(reader.read(pins, each(std::move(owners))));
    std::size_t i = 0;
    for (const auto& id : ids) {
        const auto& now = answers[i++];
        if (!now && now.error().code != Errc::reverted) return tl::unexpected(now.error());
        if (!now || *now != owner) continue;  // burned, or sent on
        PoolSpec spec;
        spec.kind = "uniswap-v4";
        spec.name = "v4-" + id.to_decimal();
        spec.chain = network.chain_id;
        spec.position_manager = manager;
        spec.state_view = network.uniswap_v4->state_view;
        spec.token_id = id;
        out.specs.push_back(std::move(spec));
    }
    return out;
}

Outcome<Owned> tell_owned(const config::Settings& settings, const Address& owner, const StoryInputs& inputs,
                          const Discover& discover) {
    ChainLink link(settings.chain);
    if (const auto ready = link.check_endpoints(); !ready)
        return stop(start_failure(ready.error(), settings));
    const auto head = link.nodes().latest(wall_clock());
    if (!head) return stop(start_failure(head.error(), settings));
    const Pins pins{{head->block.chain, head->block}};
    const auto& network = settings.chain.network;
    auto specs = discover(link.reader(), pins, network, owner);
    if (!specs) return stop(start_failure(specs.error(), settings));
    auto logged = logged_nfts(link.nodes(), link.reader(), pins, network, owner);
    if (!logged) return stop(start_failure(logged.error(), settings));
    for (auto& spec : logged->specs) specs->push_back(std::move(spec));
    const Universe universe = make_universe(settings);
    auto found = look_at(link.reader(), pins, network, universe, *std::move(specs));
    if (!found) return stop(start_failure(found.error(), settings));

    std::vector<PoolSpec> priced;
    for (const auto& one : *found) {
        if (!one.told) priced.push_back(one.spec);
    }
    auto told = tell_priced(settings, priced, inputs);
    if (!told) return stop(told.error());
    Owned out{head->block, {}, std::move(logged->note)};
    std::size_t next = 0;
    for (auto& one : *found)
        out.positions.push_back(one.told ? *std::move(one.told) : std::move((*told)[next++]));
    return out;
}

}  // namespace outrigger::cli
