//! Since when this process itself has seen which rollout: anybody with the right to write status may have put a start time there.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

use crate::plan::memory::Memory;

/// The version that each alias was last seen to move to, and since when, by `metadata.uid`.
#[derive(Debug, Default)]
pub struct Rollouts {
    by_uid: BTreeMap<String, (u64, Timestamp)>,
}

impl Rollouts {
    /// Notes the rollout that memory speaks of and says since when this process has seen it. A new process begins to count anew: a
    /// rollout may so take longer than the spec allows, and is never taken back earlier.
    pub fn witness(&mut self, uid: &str, mut memory: Memory, now: Timestamp) -> Memory {
        match &mut memory.rollout {
            Some(rollout) => {
                let seen = self.by_uid.entry(uid.to_owned()).or_insert((rollout.to, now));
                if seen.0 != rollout.to {
                    *seen = (rollout.to, now);
                }
                rollout.witnessed = seen.1;
            }
            None => self.forget(uid),
        }
        memory
    }

    /// Forgets an object that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.by_uid.remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::memory::Rollout;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn memory(to: u64) -> Memory {
        let rollout = Rollout {
            from: 1,
            to,
            started: at(0),
            witnessed: at(0),
        };
        Memory {
            rollout: Some(rollout),
            ..Memory::default()
        }
    }

    fn witnessed(memory: &Memory) -> Option<i64> {
        memory.rollout.as_ref().map(|r| r.witnessed.as_second())
    }

    #[test]
    fn a_rollout_is_witnessed_from_the_first_pass_that_met_it() {
        let mut rollouts = Rollouts::default();
        for now in [1000, 1500] {
            assert_eq!(witnessed(&rollouts.witness("a", memory(2), at(now))), Some(1000));
        }
    }

    #[test]
    fn another_rollout_and_another_object_are_counted_apart() {
        let mut rollouts = Rollouts::default();
        rollouts.witness("a", memory(2), at(1000));
        assert_eq!(witnessed(&rollouts.witness("a", memory(3), at(1100))), Some(1100));
        assert_eq!(witnessed(&rollouts.witness("b", memory(3), at(1200))), Some(1200));
    }

    #[test]
    fn a_rollout_that_ended_is_forgotten() {
        let mut rollouts = Rollouts::default();
        rollouts.witness("a", memory(2), at(1000));
        rollouts.witness("a", Memory::default(), at(1100));
        assert_eq!(witnessed(&rollouts.witness("a", memory(2), at(1200))), Some(1200));
    }
}
