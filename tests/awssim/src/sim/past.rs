//! Earlier states of regions, kept only while a fault lets reads see them.

use std::collections::VecDeque;

use crate::wire::Caller;
use crate::world::{Millis, Region};

/// States that are kept at most.
const KEPT: usize = 1000;

/// Regions as they were just before a write.
#[derive(Clone, Debug, Default)]
pub struct Past {
    before: VecDeque<(Millis, Region)>,
}

impl Past {
    /// Keeps the region as it is at `now`, before a write; states older than `reach` milliseconds are dropped.
    pub fn keep(&mut self, now: Millis, reach: Millis, region: &Region) {
        // What was overwritten before the reach began is never read again.
        while self.before.front().is_some_and(|(at, _)| at + reach < now) || self.before.len() >= KEPT {
            self.before.pop_front();
        }
        self.before.push_back((now, region.clone()));
    }

    /// The caller's region as it was at `then`; `None` when it was not written since.
    pub fn at(&self, then: Millis, caller: &Caller) -> Option<Region> {
        let mut found = self
            .before
            .iter()
            .filter(|(_, region)| region.account == caller.account && region.region == caller.region);
        found.find(|(written, _)| *written > then).map(|(_, region)| region.clone())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.before.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(ids: u64) -> Region {
        Region {
            account: "1".into(),
            region: "r".into(),
            ids,
            ..Region::default()
        }
    }

    #[test]
    fn a_read_of_the_past_sees_what_held_before_the_first_write_since() {
        let caller = Caller {
            account: "1".into(),
            region: "r".into(),
            service: "lambda".into(),
        };
        let mut past = Past::default();
        past.keep(100, 1000, &region(1));
        past.keep(200, 1000, &region(2));
        assert_eq!(past.at(50, &caller).map(|r| r.ids), Some(1));
        assert_eq!(past.at(150, &caller).map(|r| r.ids), Some(2));
        assert_eq!(past.at(200, &caller), None);
        assert_eq!(
            past.at(
                50,
                &Caller {
                    region: "other".into(),
                    ..caller
                }
            ),
            None
        );
    }
}
