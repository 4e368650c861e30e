// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/prices.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace outrigger::study {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Error at_line(std::size_t line, std::string what) {
    return {Errc::decode, fmt::format("line {}: {}", line, std::move(what))};
}

/// The next line without its end, taken off the text; nothing at the end of the text.
std::optional<std::string_view> next_line(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void split(std::string_view line, std::vector<std::string_view>& cells) {
    cells.clear();
    for (;;) {
        const auto comma = line.find(',');
        cells.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return;
        line = line.substr(comma + 1);
    }
}

template <class T>
std::optional<T> number(std::string_view text) {
    T out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::optional<double> price(std::string_view text) {
    const auto out = number<double>(text);
    return out && std::isfinite(*out) && *out > 0 ? out : std::nullopt;
}

/// Where the header puts what is read.
struct Shape {
    std::vector<std::string> header;
    std::size_t time = 0;
    std::optional<std::size_t> asset;  // long when there is one
    std::size_t price = 0;             // long only
};

Result<Shape> shape_of(std::string_view line) {
    std::vector<std::string_view> cells;
    split(line, cells);
    Shape out;
    out.header.assign(cells.begin(), cells.end());
    const auto find = [&](std::string_view name) -> std::optional<std::size_t> {
        const auto it = std::find(cells.begin(), cells.end(), name);
        return it == cells.end() ? std::nullopt : std::optional(static_cast<std::size_t>(it - cells.begin()));
    };
    const auto time = find("timestamp");
    if (!time) return tl::unexpected(at_line(1, "the header names no column 'timestamp'"));
    out.time = *time;
    out.asset = find("asset");
    if (out.asset) {
        const auto close = find("close");
        const auto quoted = close ? close : find("price");
        if (!quoted)
            return tl::unexpected(at_line(1, "there is a column 'asset', but neither 'close' nor 'price'"));
        out.price = *quoted;
        return out;
    }
    auto sorted = out.header;
    std::sort(sorted.begin(), sorted.end());
    if (sorted.size() < 2 || std::find(sorted.begin(), sorted.end(), "") != sorted.end() ||
        std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        return tl::unexpected(at_line(1, "the header must name every asset's column, each once"));
    }
    return out;
}

/// Collects rows; a column that appears late is missing before.
class Collector {
  public:
    std::size_t column(std::string_view name) {
        const auto it = std::find(names_.begin(), names_.end(), name);
        if (it != names_.end()) return static_cast<std::size_t>(it - names_.begin());
        names_.emplace_back(name);
        return names_.size() - 1;
    }

    Result<void> open_row(TimePoint at, std::size_t line) {
        if (!at_.empty() && at < at_.back())
            return tl::unexpected(at_line(line, "this row is older than the one before it"));
        if (at_.empty() || at > at_.back()) {
            at_.push_back(at);
            rows_.emplace_back();
        }
        return {};
    }

    Result<void> set(std::size_t column, double usd, std::size_t line) {
        auto& row = rows_.back();
        if (row.size() <= column) row.resize(column + 1, kMissing);
        if (!std::isnan(row[column])) {
            return tl::unexpected(at_line(line, fmt::format("a second price of {} at {}", names_[column],
                                                            at_.back().time_since_epoch().count())));
        }
        row[column] = usd;
        return {};
    }

    PriceTable table() && {
        PriceTable out{std::move(names_), std::move(at_), {}};
        out.usd = Eigen::MatrixXd::Constant(std::ssize(rows_), std::ssize(out.names), kMissing);
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            for (std::size_t c = 0; c < rows_[r].size(); ++c)
                out.usd(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = rows_[r][c];
        }
        return out;
    }

  private:
    std::vector<std::string> names_;
    std::vector<TimePoint> at_;
    std::vector<std::vector<double>> rows_;
};

Result<void> read_cell(Collector& into, std::string_view name, std::string_view text, std::size_t line) {
    const auto usd = price(text);
    if (!usd)
        return tl::unexpected(
            at_line(line, fmt::format("the price of {} is not a positive number: '{}'", name, text)));
    return into.set(into.column(name), *usd, line);
}

Result<void> read_row(Collector& into, const Shape& shape, const std::vector<std::string_view>& cells,
                      std::size_t line) {
    if (cells.size() != shape.header.size()) {
        return tl::unexpected(at_line(
            line, fmt::format("{} cells, the header has {} columns", cells.size(), shape.header.size())));
    }
    const auto seconds = number<std::int64_t>(cells[shape.time]);
    if (!seconds)
        return tl::unexpected(
            at_line(line, fmt::format("'{}' is not a time in whole seconds since 1970", cells[shape.time])));
    const TimePoint at{std::chrono::seconds{*seconds}};
    if (!shape.asset) {
        // In the wide shape every row is a moment of its own.
        OR_TRY(into.open_row(at, line));
        for (std::size_t c = 0; c < cells.size(); ++c) {
            if (c == shape.time || cells[c].empty()) continue;
            OR_TRY(read_cell(into, shape.header[c], cells[c], line));
        }
        return {};
    }
    if (cells[*shape.asset].empty()) return tl::unexpected(at_line(line, "the asset has no name"));
    OR_TRY(into.open_row(at, line));
    return read_cell(into, cells[*shape.asset], cells[shape.price], line);
}

}  // namespace

Result<PriceTable> parse_prices(std::string_view csv) {
    const auto header = next_line(csv);
    if (!header) return fail(Errc::decode, "the file is empty");
    const Shape shape = OR_TRY(shape_of(*header));
    Collector into;
    std::vector<std::string_view> cells;
    std::size_t count = 1;
    while (const auto line = next_line(csv)) {
        ++count;
        split(*line, cells);
        OR_TRY(read_row(into, shape, cells, count));
    }
    if (count == 1) return fail(Errc::decode, "the file has a header and no rows");
    return std::move(into).table();
}

}  // namespace outrigger::study
