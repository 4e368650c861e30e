// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "tests/conformance/functions.hpp"

namespace outrigger::conformance {
namespace {

using Table = std::shared_ptr<const std::vector<ContractFunction>>;

Result<const ContractFunction*> function_arg(const Table& table, const Json& args) {
    const auto signature = OR_TRY(string_arg(args, "signature"));
    const auto found = std::find_if(table->begin(), table->end(),
                                    [&](const ContractFunction& f) { return f.signature == signature; });
    if (found != table->end()) return &*found;
    return fail(Errc::not_found,
                "no function '" + signature + R"(' in the code: {"op": "functions"} lists them)");
}

Json list(const Table& table) {
    Json out = Json::array();
    for (const ContractFunction& f : *table) {
        out.push_back({{"signature", f.signature}, {"selector", f.selector}, {"returns", f.returns}});
    }
    return out;
}

/// Two contracts may give one signature different returns: the answer is that of the first that fits.
Result<Json> decode_return(const Table& table, const Json& args) {
    const ContractFunction* first = OR_TRY(function_arg(table, args));
    const Bytes data = OR_TRY(bytes_arg(args, "data"));
    auto answer = first->decode_return(data);
    for (const ContractFunction& f : *table) {
        if (answer || &f == first || f.signature != first->signature) continue;
        if (auto other = f.decode_return(data)) answer = std::move(other);
    }
    return answer;
}

}  // namespace

void add_abi_ops(Registry& registry) {
    const Table table = std::make_shared<const std::vector<ContractFunction>>(contract_functions());
    registry.add({"functions", {}, [table](const Json&) -> Result<Json> { return list(table); }});
    registry.add({"encode_call", {"signature", "values"}, [table](const Json& args) -> Result<Json> {
                      const ContractFunction* f = OR_TRY(function_arg(table, args));
                      return to_hex(OR_TRY(f->encode_call(*OR_TRY(arg(args, "values")))));
                  }});
    registry.add({"decode_return", {"signature", "data"}, [table](const Json& args) -> Result<Json> {
                      return decode_return(table, args);
                  }});
}

}  // namespace outrigger::conformance
