// SPDX-License-Identifier: Apache-2.0
// What is said outside the file: the preset, ETH_ variables, OUTRIGGER__ variables, --set.
#include <fmt/format.h>

#include <algorithm>

#include "config/interpolate.hpp"
#include "config/layers.hpp"
#include "config/nearest.hpp"

namespace outrigger::config {
namespace {

constexpr std::string_view kPrefix = "OUTRIGGER__";

ConfigError unknown_variable(const std::string& name, const std::vector<std::string>& known) {
    const auto close = nearest(std::string_view(name).substr(kPrefix.size()), known);
    ConfigError e;
    e.key = name;
    e.where = "environment " + name;
    e.what = close ? fmt::format("unknown variable {}; did you mean {}{}?", name, kPrefix, *close)
                   : fmt::format("unknown variable {}", name);
    e.why = fmt::format("every variable that begins with {} must name a key of this configuration", kPrefix);
    e.fix = close ? fmt::format("export {}{}=... instead, and unset {}", kPrefix, *close, name)
                  : fmt::format("unset {}", name);
    return e;
}

void read_environment(const Sources& sources, const std::vector<Path>& paths, Layers& to) {
    std::map<std::string, std::vector<const Path*>> by_name;
    std::vector<std::string> known;
    for (const Path& p : paths) {
        const std::string name = environment_name(p.path);
        by_name[name].push_back(&p);
        known.push_back(name.substr(kPrefix.size()));
    }
    for (const auto& [name, text] : sources.environment) {
        if (!name.starts_with(kPrefix)) continue;
        const auto it = by_name.find(name);
        if (it == by_name.end()) {
            to.errors.push_back(unknown_variable(name, known));
            continue;
        }
        if (it->second.size() > 1) {
            to.errors.push_back({.key = name,
                                 .where = "environment " + name,
                                 .what = fmt::format("{} could mean {} or {}", name, it->second[0]->path,
                                                     it->second[1]->path),
                                 .why = "both names become the same in a variable's name",
                                 .fix = fmt::format("use --set {}=... instead", it->second[0]->path)});
            continue;
        }
        const Path& p = *it->second.front();
        auto candidate = candidate_of_text(*p.field, p.path, text, "environment " + name, sources);
        if (candidate) {
            to.environment.insert_or_assign(p.path, *std::move(candidate));
        } else {
            to.errors.push_back(candidate.error());
        }
    }
}

void read_set(const Sources& sources, const std::vector<Path>& paths, Layers& to) {
    std::vector<std::string> known;
    for (const Path& p : paths) known.push_back(p.path);
    for (const std::string& argument : sources.set) {
        const std::size_t equals = argument.find('=');
        const std::string key = argument.substr(0, equals);
        ConfigError e{.key = key, .where = "--set " + key, .what = "", .why = "", .fix = ""};
        if (equals == std::string::npos || key.empty()) {
            e.what = fmt::format("--set {} has no value", argument);
            e.why = "it is written KEY=VALUE";
            e.fix = "for example --set log.level=debug";
            to.errors.push_back(std::move(e));
            continue;
        }
        const auto it =
            std::find_if(paths.begin(), paths.end(), [&](const Path& p) { return p.path == key; });
        if (it == paths.end()) {
            const auto close = nearest(key, known);
            e.what = close ? fmt::format("unknown key {}; did you mean {}?", key, *close)
                           : fmt::format("unknown key {}", key);
            e.why = "--set takes the key's whole path, positions, venues and profiles by name";
            e.fix = close ? fmt::format("--set {}={}", *close, argument.substr(equals + 1))
                          : "docs/configuration.md lists every key";
            to.errors.push_back(std::move(e));
            continue;
        }
        auto candidate =
            candidate_of_text(*it->field, key, argument.substr(equals + 1), "--set " + key, sources);
        if (candidate) {
            candidate->origin = "--set";
            to.set.insert_or_assign(key, *std::move(candidate));
        } else {
            to.errors.push_back(candidate.error());
        }
    }
}

bool given(const Layers& layers, const std::string& path) {
    return layers.file.contains(path) || layers.environment.contains(path) || layers.set.contains(path);
}

/// Stands in for a key with a variable that other tools read too.
void borrow(const Sources& sources, const char* variable, const std::string& path, Layer Layers::*layer,
            Layers& to) {
    const auto it = sources.environment.find(variable);
    if (it == sources.environment.end() || it->second.empty()) return;
    for (const Path& p : all_paths(to.names)) {
        if (p.path != path) continue;
        auto candidate =
            candidate_of_text(*p.field, path, it->second, fmt::format("environment {}", variable), sources);
        if (candidate) {
            (to.*layer).insert_or_assign(path, *std::move(candidate));
        } else {
            to.errors.push_back(candidate.error());
        }
    }
}

}  // namespace

std::string prefix_of(Section section, std::string_view name) {
    switch (section) {
        case Section::root: return "";
        case Section::rpc: return fmt::format("chain.rpc[{}].", name);
        case Section::defaults:
        case Section::policy: return name.empty() ? "defaults." : fmt::format("profiles.{}.", name);
        case Section::position: return fmt::format("position.{}.", name);
        case Section::venue: return fmt::format("venues.{}.", name);
    }
    return "";
}

std::vector<Path> all_paths(const Names& names) {
    std::vector<std::string> rpcs;
    for (std::size_t i = 0; i < std::max<std::size_t>(names.rpcs, 1); ++i) rpcs.push_back(std::to_string(i));
    std::vector<std::string> venues = names.venues;
    for (const BuiltInVenue& v : kBuiltInVenues) {
        if (std::find(venues.begin(), venues.end(), v.name) == venues.end()) venues.emplace_back(v.name);
    }
    std::vector<Path> all;
    for (const Field& f : fields()) {
        if (f.file_only) continue;
        const auto add = [&](Section section, const std::vector<std::string>& instances) {
            for (const auto& name : instances)
                all.push_back({prefix_of(section, name) + std::string(f.path), &f});
        };
        switch (f.section) {
            case Section::root: add(Section::root, {""}); break;
            case Section::rpc: add(Section::rpc, rpcs); break;
            case Section::defaults: add(Section::defaults, {""}); break;
            case Section::policy:
                add(Section::policy, {""});
                add(Section::policy, names.profiles);
                add(Section::position, names.positions);
                break;
            case Section::position: add(Section::position, names.positions); break;
            case Section::venue: add(Section::venue, venues); break;
        }
    }
    return all;
}

std::optional<Problem> settle(const Field& field, std::string_view path, const Sources& sources, bool in_file,
                              Value& value) {
    auto* text = std::get_if<std::string>(&value.held);
    if (text == nullptr) return std::nullopt;
    if (field.type == Type::path) {
        auto resolved = resolve_path(*text, sources, in_file);
        if (!resolved) return resolved.error();
        value.held = *std::move(resolved);
    } else if (field.type == Type::secret) {
        auto reference = parse_secret_ref(path, *text, sources);
        if (!reference) return reference.error();
        value.held = *std::move(reference);
    }
    return std::nullopt;
}

tl::expected<Candidate, ConfigError> candidate_of_text(const Field& field, std::string_view path,
                                                       std::string_view text, std::string_view origin,
                                                       const Sources& sources) {
    auto checked = check(field, node_of_text(field, text));
    std::optional<Problem> problem;
    if (!checked) {
        problem = checked.error();
    } else {
        problem = settle(field, path, sources, /*in_file=*/false, *checked);
    }
    if (problem) {
        return tl::unexpected(ConfigError{.key = std::string(path),
                                          .where = std::string(origin),
                                          .what = problem->what,
                                          .why = problem->why,
                                          .fix = problem->fix});
    }
    return Candidate{*std::move(checked), std::string(origin), std::string(origin), {}};
}

void read_override_layers(const Sources& sources, Layers& to) {
    const auto paths = all_paths(to.names);
    borrow(sources, "OUTRIGGER_DATADIR", "storage.datadir", &Layers::environment, to);
    read_environment(sources, paths, to);
    read_set(sources, paths, to);
}

void read_preset_layer(const Network& preset, const Sources& sources, Layers& to) {
    const auto paths = all_paths(to.names);
    for (const auto& [path, text] : preset.settings) {
        const auto it = std::find_if(paths.begin(), paths.end(),
                                     [&, &wanted = path](const Path& p) { return p.path == wanted; });
        const std::string origin = "preset " + preset.name;
        if (it == paths.end()) {
            to.errors.push_back({.key = path,
                                 .where = origin,
                                 .what = fmt::format("unknown key {}", path),
                                 .why = "the network's settings hold keys of the configuration",
                                 .fix = "delete it there"});
            continue;
        }
        auto candidate = candidate_of_text(*it->field, path, text, origin, sources);
        if (candidate) {
            to.preset.insert_or_assign(path, *std::move(candidate));
        } else {
            to.errors.push_back(candidate.error());
        }
    }
    if (to.names.rpcs == 0) borrow(sources, "ETH_RPC_URL", "chain.rpc[0].url", &Layers::preset, to);
    if (!given(to, "key.keystore_file") && !given(to, "key.keystore_account")) {
        borrow(sources, "ETH_KEYSTORE_ACCOUNT", "key.keystore_account", &Layers::preset, to);
        borrow(sources, "ETH_KEYSTORE", "key.keystore_file", &Layers::preset, to);
        if (to.preset.contains("key.keystore_file")) to.preset.erase("key.keystore_account");
    }
    if (!given(to, "key.password") && !given(to, "key.password_file")) {
        borrow(sources, "ETH_PASSWORD", "key.password_file", &Layers::preset, to);
    }
}

}  // namespace outrigger::config
