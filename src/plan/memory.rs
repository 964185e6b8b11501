//! What earlier passes left behind in status. It only ever holds the operator back; it never authorises a write.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

use crate::api::WarmLambdaEndpointStatus;

/// Hints from the last status; each may be lost or forged without harm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What was published last, and the fingerprint of `$LATEST` that it was published from.
    pub published: Option<Published>,
    /// Versions that were rolled back, by number.
    pub rejected: BTreeMap<u64, Rejected>,
    /// The move that was in flight when status was last written.
    pub rollout: Option<Rollout>,
}

/// A version and what it was published from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The number.
    pub version: u64,
    /// See [`super::observed::LatestCode::fingerprint`].
    pub fingerprint: String,
}

/// Why a version is not tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its code: a function that was made anew may use the number for other code.
    pub code_sha256: String,
    /// AWS's reason, or `RolloutTimedOut`.
    pub reason: String,
    /// [`super::desired::Desired::attempt`] for which it was tried; another one tries it once more.
    pub attempt: String,
}

/// A move of the alias in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The version that serves meanwhile.
    pub from: u64,
    /// The version that is being warmed.
    pub to: u64,
    /// When it was first seen, by the operator's clock, as status says.
    pub started: Timestamp,
    /// Since when this process has seen it itself: a start time that was forged must not take a rollout back early. Status alone
    /// knows no better than `started`.
    pub witnessed: Timestamp,
}

impl Memory {
    /// Whether this version, with this code, was rolled back for the attempt that the spec still asks for.
    pub fn has_rejected(&self, version: u64, code_sha256: Option<&str>, attempt: &str) -> Option<&Rejected> {
        let rejected = self.rejected.get(&version)?;
        let same_code = code_sha256.is_none_or(|code| rejected.code_sha256.is_empty() || code == rejected.code_sha256);
        (rejected.attempt == attempt && same_code).then_some(rejected)
    }
}

impl From<&WarmLambdaEndpointStatus> for Memory {
    /// Reads the hints with distrust: anybody with the right to write status may have put them there, and what does not parse is
    /// as good as forgotten.
    fn from(status: &WarmLambdaEndpointStatus) -> Self {
        let published = status.published.as_ref().and_then(|p| {
            let version = number(&p.version)?;
            Some(Published {
                version,
                fingerprint: p.fingerprint.clone(),
            })
        });
        let rejected = status.rejected_versions.iter().filter_map(|r| {
            let rejected = Rejected {
                code_sha256: r.code_sha256.clone(),
                reason: r.reason.clone(),
                attempt: r.attempt.clone(),
            };
            Some((number(&r.version)?, rejected))
        });
        let rollout = status.rollout.as_ref().and_then(|r| {
            Some(Rollout {
                from: number(&r.from)?,
                to: number(&r.to)?,
                started: r.start_time.0,
                witnessed: r.start_time.0,
            })
        });
        Self {
            published,
            rejected: rejected.collect(),
            rollout,
        }
    }
}

/// A version number as AWS writes it: digits without a leading zero.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_status_remembers_is_read_back() {
        let status: WarmLambdaEndpointStatus = serde_json::from_value(json!({
            "published": {"version": "41", "fingerprint": "f"},
            "rejectedVersions": [{"version": "42", "codeSha256": "c", "reason": "RolloutTimedOut", "attempt": "a"}],
            "rollout": {"from": "40", "to": "41", "startTime": "2026-11-22T05:00:00Z"},
        }))
        .unwrap();
        let memory = Memory::from(&status);
        assert_eq!(memory.published.unwrap().version, 41);
        assert_eq!(memory.rejected[&42].reason, "RolloutTimedOut");
        assert_eq!(memory.rollout.unwrap().started, "2026-11-22T05:00:00Z".parse().unwrap());
    }

    #[test]
    fn what_is_no_version_number_is_forgotten() {
        for forged in ["", "0", "042", "+42", "-1", "4 2", "$LATEST", "99999999999999999999999"] {
            let status: WarmLambdaEndpointStatus = serde_json::from_value(json!({
                "published": {"version": forged, "fingerprint": "f"},
                "rejectedVersions": [{"version": forged, "codeSha256": "c", "reason": "r", "attempt": "a"}],
                "rollout": {"from": "40", "to": forged, "startTime": "2026-11-22T05:00:00Z"},
            }))
            .unwrap();
            assert_eq!(Memory::from(&status), Memory::default(), "{forged:?}");
        }
    }

    #[test]
    fn a_rejection_holds_for_its_version_its_code_and_its_attempt() {
        let rejected = |code: &str| Memory {
            rejected: [(
                42,
                Rejected {
                    code_sha256: code.into(),
                    reason: "r".into(),
                    attempt: "a".into(),
                },
            )]
            .into(),
            ..Memory::default()
        };
        let memory = rejected("code");
        assert!(memory.has_rejected(42, Some("code"), "a").is_some());
        assert!(memory.has_rejected(42, None, "a").is_some(), "which code it is may not be known");
        assert!(
            memory.has_rejected(42, Some("other"), "a").is_none(),
            "the number may be used for other code"
        );
        assert!(memory.has_rejected(42, Some("code"), "b").is_none());
        assert!(memory.has_rejected(41, Some("code"), "a").is_none());
        assert!(
            rejected("").has_rejected(42, Some("code"), "a").is_some(),
            "nor may it have been then"
        );
    }
}
