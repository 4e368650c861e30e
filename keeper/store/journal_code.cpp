// SPDX-License-Identifier: Apache-2.0
// What the code of the contracts in use was when the operator last accepted it.
#include "keeper/store/journal_impl.hpp"

namespace outrigger {

namespace {
const std::string kCodePrefix = "code ";  // of the keys in meta
}  // namespace

Result<std::map<std::string, std::string>> Journal::code_pins() const {
    return impl_->guarded("read the code hashes", [&] {
        std::map<std::string, std::string> out;
        SQLite::Statement q(impl_->db, "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?");
        q.bind(1, static_cast<std::int64_t>(kCodePrefix.size()));
        q.bind(2, kCodePrefix);
        while (q.executeStep())
            out.emplace(q.getColumn(0).getString().substr(kCodePrefix.size()), q.getColumn(1).getString());
        return out;
    });
}

Result<void> Journal::keep_code_pins(const std::map<std::string, std::string>& hashes) {
    return impl_->guarded("keep the code hashes", [&] {
        SQLite::Transaction t(impl_->db);
        for (const auto& [address, hash] : hashes) impl_->set_meta(kCodePrefix + address, hash);
        t.commit();
    });
}

}  // namespace outrigger
