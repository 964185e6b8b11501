//! Clock, faults, quotas and ledger around a world.
