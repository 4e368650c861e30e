// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace outrigger::cli {

namespace {

void write_line(std::FILE* to, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), to);
    std::fputc('\n', to);
    std::fflush(to);
}

std::string painted(bool on, const char* code, std::string_view text) {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

bool environment_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

bool wants_colour(ColourMode mode, int descriptor) {
    if (mode == ColourMode::always) return true;
    if (mode == ColourMode::never || environment_set("NO_COLOR")) return false;
    if (environment_set("FORCE_COLOR")) return true;
    const char* term = std::getenv("TERM");
    return isatty(descriptor) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

/// Characters as a terminal shows them: UTF-8 continuation bytes and colour codes take no room.
std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            while (i < text.size() && text[i] != 'm') ++i;
            continue;
        }
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) ++width;
    }
    return width;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const std::string fill(width - std::min(width, width_of(text)), ' ');
    return right ? fill + text : text + fill;
}

}  // namespace

Failure failure_from(const Error& error, Exit exit, std::string code, std::string what, std::string fix) {
    return {exit, std::move(code), std::move(what), "", error.what, std::move(fix)};
}

void Output::result(std::string_view text) const {
    write_line(stdout, text);
}
void Output::document(const nlohmann::json& document) const {
    write_line(stdout, document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}
void Output::talk(std::string_view text) const {
    if (!quiet) write_line(stderr, text);
}

void Output::progress(std::string_view text) const {
    if (quiet) return;
    if (isatty(STDERR_FILENO) == 1) {
        std::fprintf(stderr, "\r\x1b[2K%.*s", static_cast<int>(text.size()), text.data());
        std::fflush(stderr);
    } else {
        write_line(stderr, text);
    }
}

nlohmann::json failure_document(const Failure& failure) {
    return {{"schema", 1},
            {"error",
             {{"code", failure.code},
              {"exit", static_cast<int>(failure.exit)},
              {"message", failure.what},
              {"where", failure.where},
              {"why", failure.why},
              {"hint", failure.fix}}}};
}

std::optional<Failure> failure_in(const std::string& document) {
    const auto j = nlohmann::json::parse(document, nullptr, /*allow_exceptions=*/false);
    if (!j.is_object() || !j.contains("error") || !j["error"].is_object()) return std::nullopt;
    const auto& error = j["error"];
    if (!error.contains("exit") || !error["exit"].is_number_integer()) return std::nullopt;
    const auto word = [&](const char* key) {
        const auto found = error.find(key);
        return found != error.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    return Failure{static_cast<Exit>(error["exit"].get<int>()),
                   word("code"),
                   word("message"),
                   word("where"),
                   word("why"),
                   word("hint")};
}

int Output::failed(const Failure& failure) const {
    std::string text = bad("error") + ": " + failure.what;
    if (!failure.where.empty()) text += "\n  where: " + failure.where;
    if (!failure.why.empty()) text += "\n  why:   " + failure.why;
    if (!failure.fix.empty()) text += "\n  fix:   " + failure.fix;
    write_line(stderr, text);
    if (json) document(failure_document(failure));
    return static_cast<int>(failure.exit);
}

std::string Output::bold(std::string_view text) const {
    return painted(colour_out, "1", text);
}
std::string Output::good(std::string_view text) const {
    return painted(colour_out, "32", text);
}
std::string Output::warn(std::string_view text) const {
    return painted(colour_out, "33", text);
}
std::string Output::bad(std::string_view text) const {
    return painted(colour_err, "31", text);
}
std::string Output::dim(std::string_view text) const {
    return painted(colour_out, "2", text);
}

Output make_output(bool json, bool quiet, ColourMode colour) {
    return {json, quiet, !json && wants_colour(colour, STDOUT_FILENO), wants_colour(colour, STDERR_FILENO)};
}

std::string table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& c : columns) widths.push_back(width_of(c.title));
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    const auto add_row = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            line += padded(i < cells.size() ? cells[i] : "", widths[i], columns[i].right);
            if (i + 1 < columns.size()) line += "  ";
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        out += line + "\n";
    };
    std::vector<std::string> titles;
    for (const auto& c : columns) titles.push_back(c.title);
    add_row(titles);
    for (const auto& row : rows) add_row(row);
    if (!out.empty()) out.pop_back();
    return out;
}

std::string grouped(double value, int decimals) {
    if (!std::isfinite(value)) return std::isnan(value) ? "?" : (value > 0 ? "∞" : "-∞");
    std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
    auto point = text.find('.');
    if (point == std::string::npos) point = text.size();
    for (std::size_t i = point; i > 3; i -= 3) text.insert(i - 3, ",");
    const bool zero = text.find_first_of("123456789") == std::string::npos;
    return (std::signbit(value) && !zero ? "-" : "") + text;
}

std::string signed_grouped(double value, int decimals) {
    std::string text = grouped(value, decimals);
    return std::isnan(value) || text.front() == '-' ? text : "+" + text;
}

}  // namespace outrigger::cli
