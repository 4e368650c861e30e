// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "hedge/returns.hpp"

// The reference values of tests/fixtures/reference and the comparison rule of their README:
// |got - want| <= tolerance * max(|want|, scale).
namespace outrigger::reference {

using Json = nlohmann::json;

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline std::string path(const std::string& file) {
    return std::string(OUTRIGGER_SOURCE_DIR) + "/tests/fixtures/reference/" + file;
}

inline Json load(const std::string& file) {
    return Json::parse(std::ifstream(path(file)));
}

inline Eigen::VectorXd vector(const Json& values) {
    Eigen::VectorXd out(static_cast<Eigen::Index>(values.size()));
    for (Eigen::Index i = 0; i < out.size(); ++i)
        out[i] = values.at(static_cast<std::size_t>(i)).get<double>();
    return out;
}

inline Eigen::MatrixXd matrix(const Json& rows) {
    const auto n = static_cast<Eigen::Index>(rows.size());
    Eigen::MatrixXd out(n, n == 0 ? 0 : static_cast<Eigen::Index>(rows.at(0).size()));
    for (Eigen::Index i = 0; i < n; ++i)
        out.row(i) = vector(rows.at(static_cast<std::size_t>(i))).transpose();
    return out;
}

/// Columns of a CSV with a header line; every cell a number.
inline Eigen::MatrixXd csv(const std::string& file) {
    std::ifstream in(path(file));
    std::string line;
    std::getline(in, line);
    std::vector<std::vector<double>> rows;
    while (std::getline(in, line)) {
        std::vector<double> row;
        std::stringstream cells(line);
        for (std::string cell; std::getline(cells, cell, ',');)
            row.push_back(std::strtod(cell.c_str(), nullptr));
        rows.push_back(row);
    }
    Eigen::MatrixXd out(std::ssize(rows), std::ssize(rows.at(0)));
    for (Eigen::Index i = 0; i < out.rows(); ++i) {
        for (Eigen::Index j = 0; j < out.cols(); ++j) {
            out(i, j) = rows[static_cast<std::size_t>(i)].at(static_cast<std::size_t>(j));
        }
    }
    return out;
}

/// An hourly panel without gaps around a matrix of returns; assets are numbered from 0.
inline ReturnPanel panel_of(const Eigen::MatrixXd& returns) {
    ReturnPanel panel;
    panel.returns = returns;
    panel.bar = std::chrono::hours{1};
    for (Eigen::Index i = 0; i < returns.cols(); ++i)
        panel.assets.emplace_back(static_cast<std::uint16_t>(i));
    for (Eigen::Index t = 0; t < returns.rows(); ++t) {
        panel.ends.emplace_back(std::chrono::seconds{1'700'000'000 / 3600 * 3600 + 3600 * (t + 1)});
    }
    return panel;
}

/// The ticks of async_ticks.csv: ETH, BTC, LINK.
inline std::vector<PriceSeries> ticks(std::chrono::seconds heartbeat) {
    std::ifstream in(path("async_ticks.csv"));
    std::map<std::string, PriceSeries> by_name{{"ETH", {AssetId{0}, heartbeat, {}}},
                                               {"BTC", {AssetId{1}, heartbeat, {}}},
                                               {"LINK", {AssetId{2}, heartbeat, {}}}};
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::stringstream cells(line);
        std::string ts;
        std::string name;
        std::string price;
        std::getline(cells, ts, ',');
        std::getline(cells, name, ',');
        std::getline(cells, price, ',');
        by_name.at(name).ticks.push_back(
            {TimePoint{std::chrono::seconds{std::stoll(ts)}}, std::strtod(price.c_str(), nullptr)});
    }
    return {by_name.at("ETH"), by_name.at("BTC"), by_name.at("LINK")};
}

inline bool near(double got, double want, double tolerance, double scale = 0) {
    return std::abs(got - want) <= tolerance * std::max(std::abs(want), scale);
}

/// The worst relative difference of two matrices of one shape, each entry against the larger of itself and
/// scale.
inline double distance(const Eigen::MatrixXd& got, const Eigen::MatrixXd& want, double scale = 0) {
    if (got.rows() != want.rows() || got.cols() != want.cols()) return kInfinity;
    double worst = 0;
    for (Eigen::Index i = 0; i < got.rows(); ++i) {
        for (Eigen::Index j = 0; j < got.cols(); ++j) {
            const double size = std::max(std::abs(want(i, j)), scale);
            const double gap = std::abs(got(i, j) - want(i, j));
            if (std::isnan(gap)) return kInfinity;
            if (gap > 0) worst = std::max(worst, size > 0 ? gap / size : kInfinity);
        }
    }
    return worst;
}

}  // namespace outrigger::reference
