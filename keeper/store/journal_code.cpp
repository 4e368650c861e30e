// SPDX-License-Identifier: Apache-2.0
// What the code of the contracts in use was when the operator last accepted it.
#include "keeper/store/journal_impl.hpp"

namespace outrigger {

namespace {
const std::string kCodePrefix = "code ";  // of the keys in meta
}  // namespace

Result<std::map<std::string, std::string>> Journal::code_pins() const {
    return impl_->guarded("read the code hashes", [&] { return impl_->meta_under(kCodePrefix); });
}

Result<void> Journal::keep_code_pins(const std::map<std::string, std::string>& hashes) {
    return impl_->guarded("keep the code hashes", [&] { impl_->set_meta_under(kCodePrefix, hashes); });
}

}  // namespace outrigger
