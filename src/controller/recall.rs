//! What status remembers, read with distrust: anybody with the right to write status may have put it there, and what does not
//! parse is as good as forgotten.

use crate::api::WarmLambdaEndpointStatus;
use crate::plan::memory::{Memory, Published, Rejected, Rollout};

impl From<&WarmLambdaEndpointStatus> for Memory {
    fn from(status: &WarmLambdaEndpointStatus) -> Self {
        let published = status.published.as_ref().and_then(|p| {
            let version = number(&p.version)?;
            let fingerprint = p.fingerprint.clone();
            Some(Published { version, fingerprint })
        });
        let rejected = status.rejected_versions.iter().filter_map(|r| {
            let reason = Rejected {
                code_sha256: r.code_sha256.clone(),
                reason: r.reason.clone(),
                generation: r.generation,
            };
            Some((number(&r.version)?, reason))
        });
        let rollout = status.rollout.as_ref().and_then(|r| {
            let (from, to) = (number(&r.from)?, number(&r.to)?);
            let started = r.start_time.0;
            Some(Rollout { from, to, started })
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
            "rejectedVersions": [{"version": "42", "codeSha256": "c", "reason": "RolloutTimedOut", "generation": 3}],
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
                "rejectedVersions": [{"version": forged, "codeSha256": "c", "reason": "r", "generation": 3}],
                "rollout": {"from": "40", "to": forged, "startTime": "2026-11-22T05:00:00Z"},
            }))
            .unwrap();
            assert_eq!(Memory::from(&status), Memory::default(), "{forged:?}");
        }
    }
}
