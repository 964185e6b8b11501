//! The rules of the shell around the plan: which of them hold in a variant.

use crate::plan::step::Step;

/// The kinds of steps, one for each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are the variants of `Step`")]
pub enum Kind {
    PublishVersion,
    CreateAlias,
    UpdateAlias,
    PutCapacity,
    DeleteCapacity,
    AddPermission,
    RemovePermission,
    UpdateIntegration,
    PutIntegration,
    SetStageVariable,
    DeployStage,
    UpdateHttpIntegration,
    CreateHttpIntegration,
    DeleteHttpIntegration,
    UpdateRoute,
    SetHttpStageVariables,
    DeployHttpStage,
    UpdateMapping,
    CreateMapping,
    DeleteAlias,
    /// Not a step of AWS: the finalizer is taken off.
    RemoveFinalizer,
}

impl Kind {
    /// Of a step.
    pub const fn of(step: &Step) -> Self {
        match step {
            Step::PublishVersion { .. } => Self::PublishVersion,
            Step::CreateAlias { .. } => Self::CreateAlias,
            Step::UpdateAlias { .. } => Self::UpdateAlias,
            Step::PutCapacity { .. } => Self::PutCapacity,
            Step::DeleteCapacity => Self::DeleteCapacity,
            Step::AddPermission { .. } => Self::AddPermission,
            Step::RemovePermission { .. } => Self::RemovePermission,
            Step::UpdateIntegration { .. } => Self::UpdateIntegration,
            Step::PutIntegration { .. } => Self::PutIntegration,
            Step::SetStageVariable { .. } => Self::SetStageVariable,
            Step::DeployStage { .. } => Self::DeployStage,
            Step::UpdateHttpIntegration { .. } => Self::UpdateHttpIntegration,
            Step::CreateHttpIntegration { .. } => Self::CreateHttpIntegration,
            Step::DeleteHttpIntegration { .. } => Self::DeleteHttpIntegration,
            Step::UpdateRoute { .. } => Self::UpdateRoute,
            Step::SetHttpStageVariables { .. } => Self::SetHttpStageVariables,
            Step::DeployHttpStage { .. } => Self::DeployHttpStage,
            Step::UpdateMapping { .. } => Self::UpdateMapping,
            Step::CreateMapping { .. } => Self::CreateMapping,
            Step::DeleteAlias => Self::DeleteAlias,
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(u32::MAX);

    /// These.
    pub const fn of(kinds: &[Kind]) -> Self {
        let (mut bits, mut n) = (0, 0);
        while n < kinds.len() {
            bits |= kinds[n].bit();
            n += 1;
        }
        Self(bits)
    }

    /// Whether one is in it.
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        Self(self.0 & !kind.bit())
    }

    /// With one.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | kind.bit())
    }
}

/// What is asked of the lease before a write is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Nothing.
    Open,
    /// Whether this process leads now.
    LeadsNow,
    /// Whether the tenure in which the plan was made still lasts.
    Epoch,
}

/// The rules of one variant. What the plan itself decides is the shipping code in all of them.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Writes that are noted before they are sent.
    pub noted: Kinds,
    /// Writes that stay noted after AWS answered, until an observation shows them.
    pub until_seen: Kinds,
    /// Whether an observation settles an unknown outcome; else only time does.
    pub settled_by_sight: bool,
    /// Whether it is kept in mind that the same was sent twice.
    pub repetitions: bool,
    /// Whether what is sent while a predecessor is in doubt counts as sent twice.
    pub doubt: bool,
    /// Steps that go although the shipping code holds them back.
    pub exempt: Kinds,
    /// Whether callers wait for the window after a takeover as well. The shipping code lets them go.
    pub callers_wait_after_takeover: bool,
    /// Whether the object is read from the quorum before the first write of a pass.
    pub reread_first: bool,
    /// Whether it is before each step that takes something away.
    pub reread_destructive: bool,
    /// What is asked of the lease.
    pub fence: Fence,
    /// Whether who takes the lease over from one that vanished takes every outcome for unknown at first.
    pub takeover_window: bool,
    /// Whether the lease is given back only when nothing is unknown.
    pub release_settled: bool,
}

impl Rules {
    /// The rules that ship.
    pub const SHIPPING: Self = Self {
        noted: Kinds::ALL,
        until_seen: Kinds::ALL,
        settled_by_sight: true,
        repetitions: true,
        doubt: true,
        exempt: Kinds::NONE,
        callers_wait_after_takeover: false,
        reread_first: true,
        reread_destructive: true,
        fence: Fence::Epoch,
        takeover_window: true,
        release_settled: true,
    };
}
