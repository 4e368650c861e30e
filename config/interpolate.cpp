// SPDX-License-Identifier: Apache-2.0
#include "config/interpolate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/fields.hpp"

namespace outrigger::config {
namespace {

constexpr std::string_view kWordCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

tl::unexpected<Problem> no(std::string what, std::string why, std::string fix) {
    return tl::unexpected<Problem>({std::move(what), std::move(why), std::move(fix)});
}

std::string_view variable(const Sources& sources, const std::string& name) {
    const auto it = sources.environment.find(name);
    return it == sources.environment.end() ? std::string_view{} : std::string_view(it->second);
}

bool good_credential_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

std::vector<std::string> credential_paths(std::string_view name, const Sources& sources) {
    std::vector<std::string> paths;
    if (const auto directory = variable(sources, "CREDENTIALS_DIRECTORY"); !directory.empty()) {
        paths.push_back(fmt::format("{}/{}", directory, name));
    }
    paths.push_back(fmt::format("/run/secrets/{}", name));
    return paths;
}

/// The reference in ${...} as places to read: file:PATH and cred:NAME. Pre: one of the two.
tl::expected<SecretRef, Problem> places(std::string_view inside, const Sources& sources) {
    SecretRef ref{.written = fmt::format("${{{}}}", inside), .paths = {}};
    if (inside.starts_with("file:")) {
        auto path = resolve_path(inside.substr(5), sources, true);
        if (!path) return tl::unexpected(path.error());
        if (path->empty())
            return no(fmt::format("{} names no file", ref.written),
                      "a path follows file:", "write ${file:PATH}");
        ref.paths.push_back(*std::move(path));
        return ref;
    }
    const std::string_view name = inside.substr(5);
    if (!good_credential_name(name)) {
        return no(fmt::format("{} is not the name of a credential", ref.written),
                  "a name without slashes follows cred:", "write ${cred:NAME}, or ${file:PATH} for a path");
    }
    ref.paths = credential_paths(name, sources);
    return ref;
}

tl::expected<std::string, Problem> from_variable(std::string_view inside, const Sources& sources) {
    const std::size_t end = std::min(inside.find_first_not_of(kWordCharacters), inside.size());
    const std::string name(inside.substr(0, end));
    const std::string_view rest = inside.substr(end);
    if (name.empty() || (!rest.empty() && !rest.starts_with(":-"))) {
        return no(fmt::format("${{{}}} is not a reference", inside),
                  "known are ${VAR}, ${VAR:-default}, ${file:PATH} and ${cred:NAME}",
                  "write one of these, or $$ for a dollar sign");
    }
    if (const auto value = variable(sources, name); !value.empty()) return std::string(value);
    if (!rest.empty()) return std::string(rest.substr(2));
    const bool set = sources.environment.contains(name);
    return no(fmt::format("{} is {}", name, set ? "empty" : "not set"),
              fmt::format("the file refers to ${{{}}}", name),
              fmt::format("export {}=..., or write ${{{}:-default}}", name, name));
}

tl::expected<std::string, Problem> expand(std::string_view inside, const Sources& sources) {
    if (!inside.starts_with("file:") && !inside.starts_with("cred:")) return from_variable(inside, sources);
    const auto ref = places(inside, sources);
    if (!ref) return tl::unexpected(ref.error());
    auto content = read_secret(*ref, sources.read_file);
    if (content) return *std::move(content);
    return no(fmt::format("{} cannot be read", ref->written), content.error().what,
              fmt::format("create {}", ref->paths.front()));
}

}  // namespace

tl::expected<Interpolated, Problem> interpolate(std::string_view text, const Sources& sources) {
    Interpolated result;
    while (!text.empty()) {
        const std::size_t dollar = std::min(text.find('$'), text.size());
        result.text += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.empty()) break;
        if (text.starts_with("$$")) {
            result.text += '$';
            text.remove_prefix(2);
            continue;
        }
        const std::size_t close = text.find('}');
        if (!text.starts_with("${") || close == std::string_view::npos) {
            return no("a $ stands alone", "$ begins a reference such as ${VAR}",
                      "write $$ for a dollar sign");
        }
        auto value = expand(text.substr(2, close - 2), sources);
        if (!value) return tl::unexpected(value.error());
        result.text += *value;
        result.used += (result.used.empty() ? "" : " ") + std::string(text.substr(0, close + 1));
        text.remove_prefix(close + 1);
    }
    return result;
}

tl::expected<SecretRef, Problem> parse_secret_ref(std::string_view key, std::string_view text,
                                                  const Sources& sources) {
    const bool reference = text.starts_with("${") && text.find('}') == text.size() - 1;
    const std::string_view inside = reference ? text.substr(2, text.size() - 3) : std::string_view{};
    if (inside.starts_with("file:") || inside.starts_with("cred:")) return places(inside, sources);
    if (reference) {
        return no(fmt::format("{} comes from the environment", key),
                  "environment variables are inherited by every child process; credentials are not",
                  fmt::format(
                      "put it in a file and write {} = \"${{cred:keystore-password}}\" or \"${{file:PATH}}\"",
                      last_part(key)));
    }
    return no(
        fmt::format("{} is a secret; it may not stand in the file", key),
        "configuration files are copied, shown and backed up",
        fmt::format("put it in a file and write {} = \"${{cred:keystore-password}}\" or \"${{file:PATH}}\"",
                    last_part(key)));
}

tl::expected<std::string, Problem> resolve_path(std::string_view path, const Sources& sources,
                                                bool relative_to_file) {
    if (path == "~" || path.starts_with("~/")) {
        const auto home = variable(sources, "HOME");
        if (home.empty()) {
            return no(fmt::format("{} needs a home directory", path), "HOME is not set",
                      "write the whole path, or set HOME");
        }
        return fmt::format("{}{}", home, path.substr(1));
    }
    if (!relative_to_file || path.empty() || path.front() == '/' || sources.directory.empty())
        return std::string(path);
    return fmt::format("{}{}{}", sources.directory, sources.directory.ends_with('/') ? "" : "/", path);
}

Result<std::string> read_secret(const SecretRef& secret, const ReadFile& read_file) {
    if (!read_file) return fail(Errc::key, fmt::format("{}: files are not available here", secret.written));
    std::string tried;
    for (const auto& path : secret.paths) {
        auto content = read_file(path);
        if (content) {
            while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
            return content;
        }
        if (content.error().code != Errc::not_found) {
            return fail(Errc::key, fmt::format("{}: {}", path, content.error().what));
        }
        tried += (tried.empty() ? "" : " or ") + path;
    }
    return fail(Errc::key, fmt::format("there is no {}", tried));
}

}  // namespace outrigger::config
