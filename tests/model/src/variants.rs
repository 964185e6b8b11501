//! Variants: the shipping rules with one of them off. Each is there to be caught, or to show that a rule is not needed.

use stateright::{Checker, HasDiscoveries, Model};

use crate::model::Operators;
use crate::rules::{Fence, Kind, Kinds, Rules};
use crate::setting::Setting;
use crate::state::Left;
use crate::story;

/// Steps that make an API call the alias.
const CALLERS: Kinds = Kinds::of(&[
    Kind::UpdateIntegration,
    Kind::PutIntegration,
    Kind::SetStageVariable,
    Kind::DeployStage,
    Kind::UpdateHttpIntegration,
    Kind::UpdateRoute,
    Kind::SetHttpStageVariables,
    Kind::DeployHttpStage,
]);

/// Steps that make something.
const CREATES: Kinds = Kinds::of(&[
    Kind::CreateAlias,
    Kind::PutCapacity,
    Kind::AddPermission,
    Kind::CreateHttpIntegration,
    Kind::CreateMapping,
]);

/// The rules with one of them off.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Short, for the command line.
    pub name: &'static str,
    /// What is off.
    pub what: &'static str,
    /// The rules.
    pub rules: Rules,
    /// The setting in which something breaks without it; `None` for a rule that nothing needs.
    pub caught: Option<&'static str>,
}

impl Variant {
    /// What breaks without the rule within the small bounds: setting, law and the shortest way to it. Looked for where it is known to
    /// break; everywhere when it is known to break nothing.
    pub fn broken(&self) -> Vec<(&'static str, &'static str, String)> {
        let settings = Setting::all().into_iter();
        settings
            .filter(|setting| self.caught.is_none_or(|name| name == setting.name))
            .flat_map(|setting| {
                let (name, left) = (setting.name, setting.bounded);
                broken(setting, self.rules, left)
                    .into_iter()
                    .map(move |(law, story)| (name, law, story))
            })
            .collect()
    }
}

/// What some rules break in a setting: law and the shortest way to it.
pub fn broken(setting: Setting, rules: Rules, left: Left) -> Vec<(&'static str, String)> {
    let model = Operators::new(setting, rules, left);
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::Any).spawn_bfs().join();
    story::discoveries(&checker)
}

const fn exempt(kinds: Kinds) -> Rules {
    Rules {
        exempt: kinds,
        ..Rules::SHIPPING
    }
}

/// All of them.
pub const VARIANTS: [Variant; 19] = [
    Variant {
        name: "no-notes",
        what: "no write is noted before it is sent",
        rules: Rules {
            noted: Kinds::NONE,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "notes-for-creates",
        what: "only what makes something is noted",
        rules: Rules {
            noted: CREATES,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "RemovePermission",
        what: "RemovePermission does not wait",
        rules: exempt(Kinds::of(&[Kind::RemovePermission])),
        caught: Some("permission"),
    },
    Variant {
        name: "DeleteAlias",
        what: "DeleteAlias does not wait",
        rules: exempt(Kinds::of(&[Kind::DeleteAlias])),
        caught: Some("mapping"),
    },
    Variant {
        name: "RemoveFinalizer",
        what: "the finalizer does not wait",
        rules: exempt(Kinds::of(&[Kind::RemoveFinalizer])),
        caught: Some("rest"),
    },
    Variant {
        name: "CreateIntegration",
        what: "a second CreateIntegration does not wait",
        rules: exempt(Kinds::of(&[Kind::CreateHttpIntegration])),
        caught: Some("http"),
    },
    Variant {
        name: "CreateEventSourceMapping",
        what: "a second CreateEventSourceMapping does not wait",
        rules: exempt(Kinds::of(&[Kind::CreateMapping])),
        caught: Some("mapping"),
    },
    Variant {
        name: "callers",
        what: "callers do not wait for a RemovePermission",
        rules: exempt(CALLERS),
        caught: Some("permission"),
    },
    Variant {
        name: "DeleteProvisionedConcurrencyConfig",
        what: "DeleteProvisionedConcurrencyConfig does not wait",
        rules: exempt(Kinds::of(&[Kind::DeleteCapacity])),
        caught: None,
    },
    Variant {
        name: "DeleteIntegration",
        what: "DeleteIntegration does not wait",
        rules: exempt(Kinds::of(&[Kind::DeleteHttpIntegration])),
        caught: None,
    },
    Variant {
        name: "no-repetitions",
        what: "the effect of one write settles another that looks like it",
        rules: Rules {
            repetitions: false,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "no-doubt",
        what: "the effect of a predecessor's write settles ours that looks like it",
        rules: Rules {
            doubt: false,
            ..Rules::SHIPPING
        },
        caught: Some("mapping"),
    },
    Variant {
        name: "not-until-seen",
        what: "a write that was answered is not kept until it is seen",
        rules: Rules {
            until_seen: Kinds::NONE,
            ..Rules::SHIPPING
        },
        caught: Some("http"),
    },
    Variant {
        name: "no-reread",
        what: "the object is not read from the quorum before a write",
        rules: Rules {
            reread_first: false,
            reread_destructive: false,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "reread-destructive-only",
        what: "the object is read from the quorum before destructive steps only",
        rules: Rules {
            reread_first: false,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "reread-first-only",
        what: "the object is read from the quorum before the first write of a pass only",
        rules: Rules {
            reread_destructive: false,
            ..Rules::SHIPPING
        },
        caught: None,
    },
    Variant {
        name: "no-window",
        what: "who takes over from an operator that vanished does not reckon with its late writes",
        rules: Rules {
            takeover_window: false,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "release",
        what: "the lease is given back although something is unknown",
        rules: Rules {
            release_settled: false,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
    Variant {
        name: "leads-now",
        what: "before a write only the present leader is asked for, not the tenure",
        rules: Rules {
            fence: Fence::LeadsNow,
            ..Rules::SHIPPING
        },
        caught: Some("rest"),
    },
];
