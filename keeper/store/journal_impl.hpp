// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "keeper/store/database.hpp"
#include "keeper/store/journal.hpp"

// Private to keeper/store: what the files that implement Journal share.

namespace outrigger {

namespace store {

// SQLite's integers are signed; the bits of an unsigned one survive the way there and back.
inline std::int64_t signed_of(std::uint64_t v) {
    return static_cast<std::int64_t>(v);
}
inline std::uint64_t unsigned_of(std::int64_t v) {
    return static_cast<std::uint64_t>(v);
}

}  // namespace store

struct Journal::Impl {
    std::string path;
    std::optional<store::WriterLock> lock;  // none: opened for reading
    SQLite::Database db;

    Impl(std::string where, int flags) : path(std::move(where)), db(path, flags) { db.setBusyTimeout(2000); }

    std::optional<std::string> meta(const std::string& key) const { return store::read_meta(db, key); }
    void set_meta(const std::string& key, const std::string& value) { store::write_meta(db, key, value); }

    /// All values whose keys begin with a prefix, by the rest of their keys.
    std::map<std::string, std::string> meta_under(const std::string& prefix) const {
        std::map<std::string, std::string> out;
        SQLite::Statement q(db, "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?");
        q.bind(1, static_cast<std::int64_t>(prefix.size()));
        q.bind(2, prefix);
        while (q.executeStep())
            out.emplace(q.getColumn(0).getString().substr(prefix.size()), q.getColumn(1).getString());
        return out;
    }
    /// Sets those, in one transaction; others under the prefix stay.
    void set_meta_under(const std::string& prefix, const std::map<std::string, std::string>& values) {
        SQLite::Transaction t(db);
        for (const auto& [key, value] : values) set_meta(prefix + key, value);
        t.commit();
    }
    /// What is under the prefix goes. Pre: in a transaction
    void drop_meta_under(const std::string& prefix) {
        SQLite::Statement q(db, "DELETE FROM meta WHERE substr(key, 1, ?) = ?");
        q.bind(1, static_cast<std::int64_t>(prefix.size()));
        q.bind(2, prefix);
        q.exec();
    }

    /// store::guarded with this journal's path.
    template <class F>
    auto guarded(const char* what, F&& work) const {
        return store::guarded(path, what, std::forward<F>(work));
    }
    [[nodiscard]] tl::unexpected<Error> refused(std::string_view what, std::string_view why) const {
        return store::refused(path, what, why);
    }
};

}  // namespace outrigger
