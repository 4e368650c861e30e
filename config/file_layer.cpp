// SPDX-License-Identifier: Apache-2.0
// From the document to values with places: which keys exist where, and what their neighbours are.
#include <fmt/format.h>

#include <algorithm>

#include "config/interpolate.hpp"
#include "config/layers.hpp"
#include "config/nearest.hpp"

namespace outrigger::config {
namespace {

/// The table being read: which sections' fields may stand in it and how its paths begin.
struct Scope {
    std::vector<Section> sections;
    std::string prefix;  // "position.eth-usdc."
    std::string header;  // "[[position]]"; empty for plain tables, whose header is their path
};

class Reader {
  public:
    Reader(const Sources& sources, Layers& to) : sources_(sources), to_(to) {}

    void root(const Node& table) {
        name_things(table);
        for (const Node& child : table.children) {
            if (child.key == "position") {
                positions(child);
            } else if (child.key == "venues") {
                named_tables(child, Section::venue);
            } else if (child.key == "profiles") {
                named_tables(child, Section::policy);
            } else if (child.key == "defaults") {
                if (is_table(child, "defaults"))
                    walk(child, {{Section::defaults, Section::policy}, "defaults.", ""}, "");
            } else {
                entry(child, {{Section::root}, "", ""}, "");
            }
        }
    }

  private:
    void error(std::string key, Place at, Problem p) {
        to_.errors.push_back({.key = std::move(key),
                              .where = fmt::format("{}:{}:{}", sources_.name, at.line, at.column),
                              .what = std::move(p.what),
                              .why = std::move(p.why),
                              .fix = std::move(p.fix),
                              .line = at.line,
                              .column = at.column});
    }

    static std::string position_name(const Node& table, std::size_t index) {
        if (const Node* name = table.find("name");
            name != nullptr && name->kind == Node::Kind::text && good_name(name->text)) {
            return name->text;
        }
        for (const PositionKind& kind : kPositionKinds) {
            const Node* id = table.find(kind.key);
            if (id == nullptr) continue;
            if (id->kind == Node::Kind::integer) return fmt::format("{}-{}", kind.label, id->integer);
            if (id->kind == Node::Kind::text && id->text.size() == 42 && good_name(id->text.substr(0, 10)))
                return fmt::format("{}-{}", kind.label, id->text.substr(0, 10));
        }
        return fmt::format("position-{}", index + 1);
    }

    static bool good_name(std::string_view name) {
        constexpr std::string_view kAllowed =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
        return !name.empty() && name.size() <= 40 &&
               name.find_first_not_of(kAllowed) == std::string_view::npos;
    }

    void check_name(std::string_view what, const std::string& name, Place at) {
        if (good_name(name)) return;
        error(std::string(what), at,
              {fmt::format("\"{}\" cannot be the name of a {}", name, what),
               "names appear in logs and environment variables: at most 40 letters, digits, - and _",
               "rename it"});
    }

    void name_things(const Node& table) {
        if (const Node* list = table.find("position"); list != nullptr && holds_tables(*list)) {
            for (std::size_t i = 0; i < list->children.size(); ++i) {
                const Node& item = list->children[i];
                std::string name = position_name(item, i);
                auto& taken = to_.names.positions;
                if (const auto first = std::find(taken.begin(), taken.end(), name); first != taken.end()) {
                    const Place before =
                        to_.names.position_places[static_cast<std::size_t>(first - taken.begin())];
                    error("position", item.place,
                          {fmt::format("two positions are named {}", name),
                           fmt::format("the other is in line {}; names tell them apart in logs and limits",
                                       before.line),
                           "give one of them another name"});
                    name = fmt::format("{}#{}", name, i + 1);
                }
                taken.push_back(name);
                to_.names.position_places.push_back(item.place);
            }
        }
        for (const auto& [key, names] :
             {std::pair{"venues", &to_.names.venues}, std::pair{"profiles", &to_.names.profiles}}) {
            const Node* tables = table.find(key);
            if (tables == nullptr || tables->kind != Node::Kind::table) continue;
            for (const Node& child : tables->children) names->push_back(child.key);
        }
    }

    bool is_table(const Node& node, std::string_view name) {
        if (node.kind == Node::Kind::table) return true;
        error(std::string(name), node.place,
              {fmt::format("{} is {}, where a table belongs", name, kind_name(node.kind)),
               fmt::format("{} holds further keys", name), fmt::format("write [{}] above them", name)});
        return false;
    }

    static bool holds_tables(const Node& list) {
        return list.kind == Node::Kind::list &&
               std::all_of(list.children.begin(), list.children.end(),
                           [](const Node& n) { return n.kind == Node::Kind::table; });
    }

    bool is_list_of_tables(const Node& node, std::string_view name) {
        if (holds_tables(node)) return true;
        error(std::string(name), node.place,
              {fmt::format("{} is {}, where a list of tables belongs", name, kind_name(node.kind)),
               fmt::format("there may be several; each begins with [[{}]]", name),
               fmt::format("write [[{}]], with two brackets", name)});
        return false;
    }

    void positions(const Node& list) {
        if (!is_list_of_tables(list, "position")) return;
        for (std::size_t i = 0; i < list.children.size(); ++i) {
            const Node& table = list.children[i];
            if (const Node* name = table.find("name"); name != nullptr && name->kind == Node::Kind::text) {
                check_name("position", name->text, name->place);
            }
            walk(table,
                 {{Section::position, Section::policy},
                  prefix_of(Section::position, to_.names.positions[i]),
                  "[[position]]"},
                 "");
        }
    }

    void named_tables(const Node& tables, Section section) {
        if (!is_table(tables, tables.key)) return;
        const std::string_view what = section == Section::venue ? "venue" : "profile";
        for (const Node& table : tables.children) {
            check_name(what, table.key, table.key_place);
            const std::string name = fmt::format("{}.{}", tables.key, table.key);
            if (is_table(table, name)) walk(table, {{section}, name + ".", ""}, "");
        }
    }

    void endpoints(const Node& list) {
        if (!is_list_of_tables(list, "chain.rpc")) return;
        to_.names.rpcs = list.children.size();
        to_.names.rpc_dropped.assign(list.children.size(), false);
        for (std::size_t i = 0; i < list.children.size(); ++i) {
            rpc_index_ = i;
            walk(list.children[i],
                 {{Section::rpc}, prefix_of(Section::rpc, std::to_string(i)), "[[chain.rpc]]"}, "");
        }
    }

    void walk(const Node& table, const Scope& scope, const std::string& below) {
        for (const Node& child : table.children) entry(child, scope, below);
    }

    void entry(const Node& child, const Scope& scope, const std::string& below) {
        const std::string within = below + child.key;
        const std::string path = scope.prefix + within;
        if (path == "chain.rpc") return endpoints(child);
        bool is_group = false;
        for (const Field& f : fields()) {
            if (std::find(scope.sections.begin(), scope.sections.end(), f.section) == scope.sections.end())
                continue;
            if (f.path == within) return value(f, child, scope, path);
            is_group = is_group || (f.path.starts_with(within) && f.path[within.size()] == '.');
        }
        if (path == "chain") is_group = true;
        if (is_group) {
            if (is_table(child, path)) walk(child, scope, within + ".");
            return;
        }
        unknown(child, scope, below, path);
    }

    std::vector<std::string> siblings(const Scope& scope, const std::string& below) const {
        std::vector<std::string> all;
        for (const Field& f : fields()) {
            if (std::find(scope.sections.begin(), scope.sections.end(), f.section) == scope.sections.end())
                continue;
            if (!f.path.starts_with(below)) continue;
            const std::string_view rest = f.path.substr(below.size());
            const std::string part(rest.substr(0, rest.find('.')));
            if (std::find(all.begin(), all.end(), part) == all.end()) all.push_back(part);
        }
        if (scope.prefix.empty() && below.empty())
            all.insert(all.end(), {"defaults", "profiles", "position", "venues"});
        if (scope.prefix.empty() && below == "chain.") all.emplace_back("rpc");
        return all;
    }

    /// The table in which a key of that name does exist: "[defaults.limits]".
    static std::string home_of(std::string_view key) {
        for (const Field& f : fields()) {
            if (last_part(f.path) != key) continue;
            const std::size_t dot = f.path.rfind('.');
            const std::string_view group =
                dot == std::string_view::npos ? std::string_view{} : f.path.substr(0, dot);
            switch (f.section) {
                case Section::root: return group.empty() ? "the top of the file" : fmt::format("[{}]", group);
                case Section::rpc: return "[[chain.rpc]]";
                case Section::defaults: return "[defaults]";
                case Section::policy:
                    return group.empty() ? "[defaults]" : fmt::format("[defaults.{}]", group);
                case Section::position: return "[[position]]";
                case Section::venue: return "[venues.NAME]";
            }
        }
        return "";
    }

    void unknown(const Node& child, const Scope& scope, const std::string& below, const std::string& path) {
        const std::string table = below.empty() && scope.prefix.empty()
                                      ? ""
                                      : (scope.prefix + below).substr(0, (scope.prefix + below).size() - 1);
        const auto known = siblings(scope, below);
        const auto close = nearest(child.key, known);
        const std::string home = home_of(child.key);
        const std::string_view noun = child.kind == Node::Kind::table ? "table" : "key";
        Problem p;
        p.what = close ? fmt::format("unknown {} {}; did you mean {}?", noun, path, *close)
                       : fmt::format("unknown {} {}", noun, path);
        p.why = table.empty() ? fmt::format("the file may hold: {}", fmt::join(known, ", "))
                              : fmt::format("{} may hold: {}", table, fmt::join(known, ", "));
        if (close) {
            p.fix = fmt::format("rename it to {}", *close);
        } else if (!home.empty()) {
            p.fix = fmt::format("move it to {}", home);
        } else {
            p.fix = "delete it; docs/configuration.md lists every key";
        }
        error(path, child.key_place, std::move(p));
    }

    std::string origin(const Node& child, const Scope& scope, const std::string& path) const {
        std::string text = fmt::format("{}:{}", sources_.name, child.place.line);
        const auto dot = path.rfind('.');
        if (!scope.header.empty()) return text + " " + scope.header;
        return dot == std::string::npos ? text : fmt::format("{} [{}]", text, path.substr(0, dot));
    }

    void value(const Field& field, const Node& child, const Scope& scope, const std::string& path) {
        Node node = child;
        std::string used;
        if (node.kind == Node::Kind::text && field.type != Type::secret && field.path != "name") {
            auto replaced = interpolate(node.text, sources_);
            if (!replaced) return error(path, child.place, replaced.error());
            used = replaced->used;
            // An interpolated number is text in the file; it is read as the variable of that name would be.
            if (used.empty()) {
                node.text = replaced->text;
            } else {
                node = node_of_text(field, replaced->text);
            }
        }
        if (field.type == Type::url && !used.empty() && node.text.empty()) {
            to_.names.rpc_dropped[rpc_index_] = true;
            return;
        }
        store(field, node, child, path, origin(child, scope, path) + (used.empty() ? "" : " " + used));
    }

    void store(const Field& field, const Node& node, const Node& child, const std::string& path,
               std::string origin_text) {
        auto checked = check(field, node);
        if (!checked) return error(path, child.place, checked.error());
        if (auto problem = settle(field, path, sources_, /*in_file=*/true, *checked))
            return error(path, child.place, *problem);
        to_.file.insert_or_assign(
            path, Candidate{*std::move(checked),
                            fmt::format("{}:{}:{}", sources_.name, child.place.line, child.place.column),
                            std::move(origin_text), child.place});
    }

    const Sources& sources_;
    Layers& to_;
    std::size_t rpc_index_ = 0;
};

}  // namespace

void read_file_layer(const Document& document, const Sources& sources, Layers& to) {
    Reader(sources, to).root(document.root);
}

}  // namespace outrigger::config
