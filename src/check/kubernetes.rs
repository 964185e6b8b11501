//! The API server: whether it answers, its version, and its clock.

use axum::http::Request;
use axum::http::header::DATE;
use k8s_openapi::jiff::Timestamp;
use k8s_openapi::jiff::fmt::rfc2822;
use kube::Client;
use kube::client::Body;

use super::report::Check;
use crate::cluster::said;

/// The first version whose API server knows everything that the CRD and the chart use.
const OLDEST: (u32, u32) = (1, 30);

/// From so many seconds on a clock is worth a look.
const NOTICEABLE: i64 = 5;
/// AWS refuses signatures that are off by five minutes and more.
const REFUSED: i64 = 300;

/// One check when it does not answer, three when it does.
pub async fn look(client: &Client) -> Vec<Check> {
    const ANSWERS: &str = "the API server answers";
    let version = match client.apiserver_version().await {
        Ok(version) => version,
        Err(error) => {
            let hint = "look at the server and the credentials of the kubeconfig; `kubectl version` must work first";
            return vec![Check::error(ANSWERS, said(&error), hint)];
        }
    };
    vec![
        Check::success(ANSWERS),
        new_enough(&version.major, &version.minor, &version.git_version),
        clock(date(client).await, Timestamp::now()),
    ]
}

fn new_enough(major: &str, minor: &str, git_version: &str) -> Check {
    let number = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
    let description = format!("Kubernetes is {}.{} or newer", OLDEST.0, OLDEST.1);
    if (number(major), number(minor)) >= OLDEST {
        return Check::success(description);
    }
    let hint = "upgrade the cluster: older API servers do not check the rules of the CRD";
    Check::error(description, format!("it is {git_version}"), hint)
}

/// What the API server's clock showed when it answered.
async fn date(client: &Client) -> Option<Timestamp> {
    let request = Request::get("/version").body(Body::empty()).ok()?;
    let answer = client.send(request).await.ok()?;
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    rfc2822::parse(date).ok().map(|date| date.timestamp())
}

fn clock(theirs: Option<Timestamp>, ours: Timestamp) -> Check {
    let description = "the clock here is the API server's";
    let hint = "set the clocks by NTP, on this machine and on the nodes";
    let Some(theirs) = theirs else {
        return Check::warning(description, "the API server did not tell the time", hint);
    };
    let seconds = ours.as_second() - theirs.as_second();
    let side = if seconds > 0 { "ahead" } else { "behind" };
    let found = format!("it is {} s {side}", seconds.abs());
    match seconds.abs() {
        ..NOTICEABLE => Check::success(description),
        NOTICEABLE..REFUSED => Check::warning(description, found, hint),
        _ => Check::error(description, format!("{found}; AWS refuses what is signed with such a clock"), hint),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Finding;
    use super::*;

    #[test]
    fn a_version_may_have_a_suffix_and_must_be_new_enough() {
        assert_eq!(new_enough("1", "30", "v1.30.0").finding, Finding::Success);
        assert_eq!(new_enough("1", "31+", "v1.31.4-eks-2d5f260").finding, Finding::Success);
        assert!(matches!(new_enough("1", "29", "v1.29.9").finding, Finding::Error(trouble) if trouble.error == "it is v1.29.9"));
    }

    #[test]
    fn clocks_may_differ_a_little_and_not_by_minutes() {
        let here = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let found = |seconds| clock(Some(here(0)), here(seconds)).finding;
        assert_eq!(found(-4), Finding::Success);
        assert!(matches!(found(5), Finding::Warning(trouble) if trouble.error == "it is 5 s ahead"));
        assert!(matches!(found(-299), Finding::Warning(trouble) if trouble.error == "it is 299 s behind"));
        assert!(matches!(found(300), Finding::Error(_)));
        assert!(matches!(clock(None, here(0)).finding, Finding::Warning(_)));
    }
}
