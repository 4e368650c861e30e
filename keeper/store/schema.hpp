// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace outrigger::store {

inline constexpr int kSchemaVersion = 4;

/// Marks the file as ours ("OUTR") to SQLite and to file(1).
inline constexpr int kApplicationId = 0x4F555452;

/// The journal's tables as version 1 had them; the migrations make the rest. Big integers are decimal text,
/// hashes and addresses 0x hex, times unix seconds. The rules that keep a hedge from being doubled are the
/// database's own, so that no code path can skip them.
inline constexpr const char* kSchema = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE rounds (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  block_time INTEGER NOT NULL,
  blind INTEGER NOT NULL,
  snapshot TEXT NOT NULL,
  decision TEXT NOT NULL
) STRICT;

CREATE TABLE hedges (
  id INTEGER PRIMARY KEY,
  position TEXT NOT NULL,
  venue TEXT NOT NULL,
  asset TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  wanted_units REAL NOT NULL,
  price_usd REAL NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'done', 'abandoned', 'simulated'))
) STRICT;
-- At most one live hedge per position.
CREATE UNIQUE INDEX one_open_hedge ON hedges (position) WHERE status = 'open';

-- One row per decision, and one decision per nonce: bound in one write, never rebound.
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY,
  round INTEGER NOT NULL REFERENCES rounds (id),
  hedge INTEGER REFERENCES hedges (id),
  position TEXT NOT NULL,
  venue TEXT NOT NULL,
  label TEXT NOT NULL,
  delta_units REAL NOT NULL,
  notional_usd REAL NOT NULL,
  worst_gas_usd REAL NOT NULL,
  facts_before TEXT NOT NULL,
  expect TEXT NOT NULL,
  at INTEGER NOT NULL,
  nonce INTEGER UNIQUE,
  verified INTEGER CHECK (verified IN (0, 1)),
  note TEXT NOT NULL DEFAULT '',
  gas_usd REAL NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX decisions_by_time ON decisions (at);
CREATE INDEX decisions_by_position ON decisions (position);
CREATE INDEX decisions_by_hedge ON decisions (hedge);

CREATE TABLE txs (
  nonce INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL REFERENCES decisions (id),
  phase TEXT NOT NULL CHECK (phase IN
    ('claimed', 'signed', 'sending', 'sent', 'mined', 'confirmed', 'failed', 'abandoned')),
  to_address TEXT NOT NULL,
  value TEXT NOT NULL,
  data TEXT NOT NULL,
  gas_limit INTEGER NOT NULL,
  max_fee TEXT NOT NULL,
  tip TEXT NOT NULL,
  deadline INTEGER NOT NULL,
  first_sent INTEGER NOT NULL DEFAULT 0,
  last_sent INTEGER NOT NULL DEFAULT 0,
  bumps INTEGER NOT NULL DEFAULT 0,
  cancelling INTEGER NOT NULL DEFAULT 0,
  mined_hash TEXT,
  mined_block INTEGER,
  mined_block_hash TEXT,
  mined_time INTEGER,
  success INTEGER,
  gas_used INTEGER,
  gas_price TEXT,
  lost_nonce INTEGER NOT NULL DEFAULT 0,
  open INTEGER NOT NULL DEFAULT 1 CHECK (open IN (0, 1))
) STRICT;
-- One nonce in flight.
CREATE UNIQUE INDEX one_open_tx ON txs (open) WHERE open = 1;

-- Every byte string ever signed, before it left.
CREATE TABLE versions (
  hash TEXT PRIMARY KEY,
  nonce INTEGER NOT NULL REFERENCES txs (nonce),
  seq INTEGER NOT NULL,
  raw TEXT NOT NULL,
  max_fee TEXT NOT NULL,
  tip TEXT NOT NULL,
  cancellation INTEGER NOT NULL,
  UNIQUE (nonce, seq)
) STRICT;
CREATE TRIGGER versions_are_kept BEFORE DELETE ON versions BEGIN
  SELECT RAISE(ABORT, 'a signed version is never forgotten');
END;
-- A decision loses its nonce only while nothing was signed for it, and never gets another.
CREATE TRIGGER nonce_is_bound BEFORE UPDATE OF nonce ON decisions
WHEN OLD.nonce IS NOT NEW.nonce AND (OLD.nonce IS NULL OR NEW.nonce IS NOT NULL
  OR EXISTS (SELECT 1 FROM versions v WHERE v.nonce = OLD.nonce)) BEGIN
  SELECT RAISE(ABORT, 'a decision keeps the nonce it was bound to');
END;

CREATE TABLE pauses (position TEXT PRIMARY KEY, reason TEXT NOT NULL, at INTEGER NOT NULL) STRICT;

CREATE TABLE ticks (
  asset TEXT NOT NULL,
  published INTEGER NOT NULL,
  usd REAL NOT NULL,
  chain INTEGER,  -- the block it was read at; none: settled, no reorganisation reaches it
  block_number INTEGER,
  block_hash TEXT,
  PRIMARY KEY (asset, published),
  CHECK ((chain IS NULL) = (block_number IS NULL) AND (block_number IS NULL) = (block_hash IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE virtual_fills (
  id INTEGER PRIMARY KEY,
  venue TEXT NOT NULL,
  asset TEXT NOT NULL,
  units REAL NOT NULL,
  usd REAL NOT NULL
) STRICT;
)sql";

/// What is covered of a price history, by asset and source: see Coverage.
inline constexpr const char* kCoverage = R"sql(
CREATE TABLE coverage (
  asset TEXT NOT NULL,
  source TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  next TEXT NOT NULL,
  stopped TEXT NOT NULL,
  PRIMARY KEY (asset, source, since),
  CHECK (since <= until)
) STRICT, WITHOUT ROWID;
-- What a reorganisation may take away is found without looking at what is settled.
CREATE INDEX unsettled_ticks ON ticks (block_number) WHERE block_number IS NOT NULL;
)sql";

/// What hedging did, bar by bar: see Attribution.
inline constexpr const char* kEffects = R"sql(
CREATE TABLE effects (
  position TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  delta_usd REAL NOT NULL,
  gamma_usd REAL NOT NULL,
  fees_usd REAL NOT NULL,
  hedge_usd REAL NOT NULL,
  gas_usd REAL NOT NULL,
  carry_usd REAL,  -- none: money may have moved in or out
  PRIMARY KEY (position, until)
) STRICT, WITHOUT ROWID;
)sql";

/// Of the carry, what is interest.
inline constexpr const char* kInterest = "ALTER TABLE effects ADD COLUMN interest_usd REAL;";

/// What brings a journal from each version to the next: the first entry from 1 to 2.
inline constexpr std::array kMigrations{kCoverage, kEffects, kInterest};
static_assert(kMigrations.size() + 1 == kSchemaVersion);

}  // namespace outrigger::store
