// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

#include "chain/base/quantize.hpp"
#include "chain/pool/v3_math.hpp"
#include "hedge/band.hpp"
#include "hedge/covariance.hpp"
#include "hedge/exposure.hpp"
#include "hedge/min_variance.hpp"
#include "tests/conformance/ops.hpp"

namespace outrigger::conformance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ---- numbers
// -------------------------------------------------------------------------------------------------

tl::unexpected<Error> wrong(const char* name, const char* what) {
    return fail(Errc::decode, std::string("argument '") + name + "' " + what);
}

/// Numbers in order; `null` stands for `absent` when that is given.
Result<VectorXd> vector_of(const Json& values, const char* name,
                           std::optional<double> absent = std::nullopt) {
    if (!values.is_array()) return wrong(name, "is not an array of numbers");
    VectorXd out(static_cast<Index>(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].is_null() && absent) {
            out[static_cast<Index>(i)] = *absent;
        } else if (values[i].is_number()) {
            out[static_cast<Index>(i)] = values[i].get<double>();
        } else {
            return wrong(name, "is not an array of numbers");
        }
    }
    return out;
}

/// Empty when the argument is absent or null. A single number stands for one an instrument.
Result<VectorXd> optional_vector(const Json& args, const char* name, Index size,
                                 std::optional<double> absent = std::nullopt) {
    const auto found = args.find(name);
    if (found == args.end() || found->is_null()) return VectorXd();
    if (found->is_number()) return VectorXd(VectorXd::Constant(size, found->get<double>()));
    return vector_of(*found, name, absent);
}

Result<double> number_or(const Json& args, const char* name, double otherwise) {
    return args.contains(name) && !args[name].is_null() ? double_arg(args, name) : Result<double>(otherwise);
}

Result<MatrixXd> matrix_arg(const Json& args, const char* name) {
    const Json& rows = *OR_TRY(arg(args, name));
    if (!rows.is_array() || rows.empty()) return wrong(name, "is not an array of rows");
    const VectorXd first = OR_TRY(vector_of(rows[0], name));
    MatrixXd out(static_cast<Index>(rows.size()), first.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const VectorXd row = OR_TRY(vector_of(rows[i], name));
        if (row.size() != first.size()) return wrong(name, "has rows of different lengths");
        out.row(static_cast<Index>(i)) = row.transpose();
    }
    return out;
}

Json json_of(const VectorXd& v) {
    return std::vector<double>(v.begin(), v.end());
}

Json json_of(const MatrixXd& m) {
    Json out = Json::array();
    for (Index i = 0; i < m.rows(); ++i) out.push_back(json_of(VectorXd(m.row(i).transpose())));
    return out;
}

// ---- position_greeks
// -----------------------------------------------------------------------------------------

Result<unsigned> decimals_arg(const Json& args, const char* name) {
    const auto decimals = OR_TRY(u64_arg(args, name));
    if (decimals > kMaxDecimals) return wrong(name, "is more than any token has");
    return static_cast<unsigned>(decimals);
}

Result<double> v3_price_at(const Json& args, const char* name, unsigned decimals0, unsigned decimals1) {
    const auto tick = OR_TRY(i64_arg(args, name));
    if (tick < kMinTick.value || tick > kMaxTick.value) return wrong(name, "is no tick");
    const U256 sqrt_price = OR_TRY(tick_to_sqrt_price(Tick{static_cast<std::int32_t>(tick)}));
    return v3_price(sqrt_price, static_cast<std::uint8_t>(decimals0), static_cast<std::uint8_t>(decimals1));
}

Result<LpGreeks> greeks_of(const Json& args, unsigned decimals0, unsigned decimals1, double price0,
                           double price1) {
    const auto kind = OR_TRY(string_arg(args, "kind"));
    if (kind == "v3" || kind == "uniswap-v3") {
        ConcentratedCurve curve;
        const double liquidity = OR_TRY(u256_arg(args, "liquidity")).to_double();
        curve.liquidity = liquidity / std::pow(10.0, (decimals0 + decimals1) / 2.0);
        curve.price_lower = OR_TRY(v3_price_at(args, "tickLower", decimals0, decimals1));
        curve.price_upper = OR_TRY(v3_price_at(args, "tickUpper", decimals0, decimals1));
        return concentrated_greeks(curve, price0, price1);
    }
    if (kind == "v2" || kind == "uniswap-v2") {
        const double reserve0 = to_units(OR_TRY(u256_arg(args, "reserve0")), decimals0);
        const double reserve1 = to_units(OR_TRY(u256_arg(args, "reserve1")), decimals1);
        const double supply = OR_TRY(u256_arg(args, "totalSupply")).to_double();
        const double balance = OR_TRY(u256_arg(args, "balance")).to_double();
        if (supply <= 0 || balance > supply) return wrong("totalSupply", "is less than the balance, or zero");
        return constant_product_greeks(balance / supply * std::sqrt(reserve0 * reserve1), price0, price1);
    }
    return fail(Errc::decode, "argument 'kind' is '" + kind + "'; use one of: v3, v2");
}

Result<Json> position_greeks(const Json& args) {
    const unsigned decimals0 = OR_TRY(decimals_arg(args, "decimals0"));
    const unsigned decimals1 = OR_TRY(decimals_arg(args, "decimals1"));
    const double price0 = OR_TRY(double_arg(args, "price0_usd"));
    const double price1 = OR_TRY(double_arg(args, "price1_usd"));
    LpGreeks g = OR_TRY(greeks_of(args, decimals0, decimals1, price0, price1));
    const auto owed = [&](const char* name, unsigned decimals) -> Result<double> {
        return args.contains(name) ? to_units(OR_TRY(u256_arg(args, name)), decimals) : 0.0;
    };
    g = with_owed(g, OR_TRY(owed("fees0", decimals0)), OR_TRY(owed("fees1", decimals1)), price0, price1);
    return Json{{"value_usd", g.value_usd}, {"delta0", g.delta0},   {"delta1", g.delta1},
                {"gamma00", g.gamma00},     {"gamma01", g.gamma01}, {"gamma11", g.gamma11}};
}

// ---- covariance
// ----------------------------------------------------------------------------------------------

/// Rows one bar apart; a half-life counts them.
ReturnPanel panel_of(MatrixXd returns) {
    ReturnPanel panel;
    panel.bar = std::chrono::hours{1};
    for (Index i = 0; i < returns.cols(); ++i) panel.assets.emplace_back(static_cast<std::uint16_t>(i));
    for (Index t = 0; t < returns.rows(); ++t) panel.ends.emplace_back(panel.bar * (t + 1));
    panel.returns = std::move(returns);
    return panel;
}

Result<EwmaSpec> ewma_spec(const Json& params, Mean mean) {
    EwmaSpec spec;
    spec.mean = mean;
    double rows = 0;
    if (params.contains("lam")) {
        rows = -std::numbers::ln2 / std::log(OR_TRY(double_arg(params, "lam")));
    } else {
        rows = OR_TRY(double_arg(params, "half_life"));
    }
    spec.half_life = std::chrono::hours{1} * rows;
    if (!params.contains("start")) return spec;
    const auto start = OR_TRY(string_arg(params, "start"));
    if (start == "first_row") {
        spec.start = EwmaStart::first_row;
    } else if (start == "mean_of_60") {
        spec.start = EwmaStart::mean_of_60;
    } else if (start != "normalised") {
        return wrong("start", "is not normalised, first_row or mean_of_60");
    }
    return spec;
}

Result<Covariance> estimate(const std::string& estimator, const ReturnPanel& panel, const Json& params) {
    const bool centred = params.contains("centred") && OR_TRY(bool_arg(params, "centred"));
    const Mean mean = centred ? Mean::estimated : Mean::zero;
    if (estimator == "sample") return sample_covariance(panel, mean);
    if (estimator == "ewma") return ewma_covariance(panel, OR_TRY(ewma_spec(params, mean)));
    if (estimator == "ledoit_wolf") return ledoit_wolf(panel, mean);
    if (estimator == "constant_correlation") return ledoit_wolf_constant_correlation(panel, mean);
    if (estimator == "oas") return oracle_approximating(panel, mean);
    return fail(Errc::decode, "argument 'estimator' is '" + estimator +
                                  "'; use one of: sample, ewma, ledoit_wolf, constant_correlation, oas");
}

Result<Json> covariance_op(const Json& args) {
    const ReturnPanel panel = panel_of(OR_TRY(matrix_arg(args, "returns")));
    const Json params = args.contains("params") ? args["params"] : Json::object();
    if (!params.is_object() && !params.is_null()) return wrong("params", "is not an object");
    const Json given = params.is_object() ? params : Json::object();
    Covariance out = OR_TRY(estimate(OR_TRY(string_arg(args, "estimator")), panel, given));
    if (given.contains("cc_shrink")) {
        const double intensity = OR_TRY(double_arg(given, "cc_shrink"));
        if (!(intensity >= 0 && intensity <= 1)) return wrong("cc_shrink", "is not between 0 and 1");
        out = OR_TRY(shrink_to_constant_correlation(out, intensity));
    }
    return Json{{"covariance", json_of(out.per_bar)},
                {"correlation", json_of(correlation(out.per_bar))},
                {"shrinkage", out.shrinkage},
                {"effective_samples", out.effective_samples}};
}

// ---- hedge
// ---------------------------------------------------------------------------------------------------

Result<MatrixXd> loading_of(const Json& args, Index assets) {
    if (args.contains("loading")) return matrix_arg(args, "loading");
    const Json& indices = *OR_TRY(arg(args, "instruments"));
    if (!indices.is_array()) return wrong("instruments", "is not an array of indices");
    MatrixXd out = MatrixXd::Zero(assets, static_cast<Index>(indices.size()));
    for (std::size_t j = 0; j < indices.size(); ++j) {
        const I256 index = OR_TRY(integer_of(indices[j]));
        if (index.is_negative() || !index.fits_i64() || index.as_i64() >= assets) {
            return wrong("instruments", "holds an index beyond the covariance");
        }
        out(static_cast<Index>(index.as_i64()), static_cast<Index>(j)) = 1;
    }
    return out;
}

Result<HedgeProblem> problem_of(const Json& args) {
    HedgeProblem p;
    p.covariance = OR_TRY(matrix_arg(args, "covariance"));
    p.exposure_usd = OR_TRY(vector_of(*OR_TRY(arg(args, "exposure_usd")), "exposure_usd"));
    p.loading = OR_TRY(loading_of(args, p.covariance.rows()));
    const Index k = p.loading.cols();
    p.lower_usd = OR_TRY(optional_vector(args, "lower_usd", k, -kInfinity));
    p.upper_usd = OR_TRY(optional_vector(args, "upper_usd", k, kInfinity));
    p.cost_per_usd = OR_TRY(optional_vector(args, "cost_per_usd", k));
    p.ridge = OR_TRY(number_or(args, "ridge", 0));
    p.risk_aversion = OR_TRY(number_or(args, "risk_aversion", 1));
    p.horizon = OR_TRY(number_or(args, "horizon", 1));
    p.preferred_usd = OR_TRY(optional_vector(args, "preferred_usd", k));
    p.held_usd = OR_TRY(optional_vector(args, "held_usd", k));
    p.funding = OR_TRY(optional_vector(args, "funding", k));
    p.borrow = OR_TRY(optional_vector(args, "borrow", k));
    p.margin_ratio = OR_TRY(optional_vector(args, "margin_ratio", k));
    const auto limit = [&](const char* name) -> Result<std::optional<double>> {
        if (!args.contains(name) || args[name].is_null()) return std::optional<double>{};
        return std::optional<double>(OR_TRY(double_arg(args, name)));
    };
    p.gross_limit_usd = OR_TRY(limit("gross_limit_usd"));
    p.margin_limit_usd = OR_TRY(limit("margin_limit_usd"));
    return p;
}

Result<Json> hedge_op(const Json& args) {
    const HedgeSolution solution = OR_TRY(minimise_variance(OR_TRY(problem_of(args))));
    return Json{{"target_usd", json_of(solution.target_usd)},
                {"variance_before", solution.variance_before},
                {"variance_after", solution.variance_after},
                {"kkt_residual", solution.kkt_residual},
                {"objective", solution.objective}};
}

// ---- band
// ----------------------------------------------------------------------------------------------------

Result<Json> band_op(const Json& args) {
    BandInputs in;
    const double sigma = OR_TRY(double_arg(args, "sigma"));
    in.risk_aversion = OR_TRY(double_arg(args, "gamma"));
    in.variance = sigma * sigma;
    in.gas_usd = OR_TRY(double_arg(args, "K"));
    in.cost_ratio = OR_TRY(double_arg(args, "eps"));
    if (args.contains("D")) {
        in.target_variance_rate = OR_TRY(double_arg(args, "D"));
    } else {
        const double dollar_gamma = OR_TRY(double_arg(args, "dollar_gamma"));
        in.target_variance_rate = dollar_gamma * dollar_gamma * in.variance;
    }
    const Band band = OR_TRY(rebalance_band(in));
    return Json{{"lower", band.target_usd}, {"upper", band.trigger_usd}};
}

}  // namespace

void add_hedge_ops(Registry& registry) {
    registry.add({"position_greeks",
                  {"kind", "decimals0", "decimals1", "price0_usd", "price1_usd", "tickLower?", "tickUpper?",
                   "liquidity?", "reserve0?", "reserve1?", "totalSupply?", "balance?", "fees0?", "fees1?"},
                  position_greeks});
    registry.add({"covariance", {"returns", "estimator", "params?"}, covariance_op});
    registry.add({"hedge",
                  {"covariance", "exposure_usd", "instruments", "lower_usd?", "upper_usd?", "cost_per_usd?",
                   "ridge?", "risk_aversion?", "horizon?", "preferred_usd?", "held_usd?", "funding?",
                   "borrow?", "loading?", "gross_limit_usd?", "margin_ratio?", "margin_limit_usd?"},
                  hedge_op});
    registry.add({"band", {"gamma", "sigma", "K", "eps", "D?", "dollar_gamma?"}, band_op});
}

}  // namespace outrigger::conformance
