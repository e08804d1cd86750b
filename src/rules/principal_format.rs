//! `principal-format`: an allowed principal of an endpoint service that is written in a form AWS does not take.

use crate::diagnostic::{Applicability, Edit, Severity};
use crate::scenario::{Data, Piece, Value};
use crate::template::Written;
use crate::text::Span;

use super::{Check, Context, Group, Persona, Rule};

pub(super) static RULE: Rule = Rule {
    name: "principal-format",
    group: Group::Correctness,
    severity: Severity::Error,
    persona: Persona::Default,
    summary: "An allowed principal that is not the ARN of an account, a role or a user",
    since: "0.1.0",
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    page: include_str!("../../rules/principal-format.md"),
    check: Check::Network(&["AWS::EC2::VPCEndpointServicePermissions"], check),
};

/// What is wrong with the form of a principal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// An account id without its ARN.
    BareAccount,
    /// An organisation or a unit of one.
    Organisation,
    /// A session, which ends.
    Session,
    /// `*` or `?` inside an ARN.
    Wildcard,
    /// An ARN with something else than twelve digits for the account.
    Account,
    /// An ARN of something that is no account, role or user.
    Other,
    /// The name that `Ref` gives.
    Name,
    /// Another partition than that of the stack.
    Partition,
    /// No ARN at all.
    NoArn,
}

impl Fault {
    /// What the principal is, behind "allows ... ,".
    fn words(self) -> &'static str {
        match self {
            Self::BareAccount => "an account id instead of the ARN of the account",
            Self::Organisation => "an organisation, which cannot be allowed as a whole",
            Self::Session => "a session, which is no principal that lasts",
            Self::Wildcard => "with a wildcard inside an ARN, which matches nothing",
            Self::Account => "which has no account id of twelve digits",
            Self::Other => "which is no account, role or user",
            Self::Name => "of which `Ref` gives the name instead of the ARN",
            Self::Partition => "in another partition than this stack",
            Self::NoArn => "which is no ARN",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::BareAccount | Self::Account | Self::NoArn | Self::Other => {
                "write `arn:aws:iam::<account>:root` for the account, or the ARN of a role or user of it"
            }
            Self::Organisation => {
                "list `arn:aws:iam::<account>:root` for each account, or allow `*` and accept each connection by its owner"
            }
            Self::Session => "write the role itself: `arn:aws:iam::<account>:role/<name>`",
            Self::Wildcard => "write `arn:aws:iam::<account>:root` to allow the whole account",
            Self::Name => "take the ARN with `GetAtt` and `Arn`",
            Self::Partition => "write `${AWS::Partition}` in place of the partition, inside `Fn::Sub`",
        }
    }

    /// The guide names ARNs of accounts, roles and users only; of these two it does not say that they are refused.
    fn severity(self) -> Severity {
        match self {
            Self::BareAccount | Self::Organisation => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

fn check(cx: &mut Context<'_, '_>) {
    for permissions in &cx.network.permissions {
        let Some(principals) = &permissions.principals else { continue };
        let items = principals.items().unwrap_or(std::slice::from_ref(principals));
        let mut faults: Vec<(Fault, Vec<(Span, String)>)> = Vec::new();
        for item in items {
            let Some((fault, shown)) = fault_of(cx, item) else { continue };
            match faults.iter_mut().find(|(known, _)| *known == fault) {
                Some((_, places)) => places.push((item.span, shown)),
                None => faults.push((fault, vec![(item.span, shown)])),
            }
        }
        let id = cx.id(permissions.resource);
        for (fault, places) in faults {
            let Some((span, shown)) = places.first() else { continue };
            let edits = (fault == Fault::BareAccount).then(|| arns(cx, &places)).flatten();
            let finding =
                cx.report(permissions.resource, *span, format!("`{id}` allows `{shown}`, {}", fault.words()));
            for (further, shown) in places.iter().skip(1) {
                finding.label(Some(id), *further, format!("so is `{shown}`"));
            }
            finding
                .severity(fault.severity())
                .fix(Applicability::Safe, "write the ARN of the account", edits)
                .here("no principal in this form")
                .why("an endpoint service takes `*` and the ARNs of accounts (`:root`), roles and users, each written out")
                .help(fault.help())
                .symptom("`InvalidPrincipal: Invalid Principal` when the permissions are made");
        }
    }
}

/// The ARNs of accounts in place of their ids.
fn arns(cx: &Context<'_, '_>, places: &[(Span, String)]) -> Option<Vec<Edit>> {
    let edits: Option<Vec<Vec<Edit>>> = places
        .iter()
        .map(|(span, account)| {
            let account =
                if account.starts_with("AWS::") { format!("${{{account}}}") } else { account.clone() };
            let arn = Written::Sub(format!("arn:${{AWS::Partition}}:iam::{account}:root"));
            cx.template().edit(|editor| editor.substitute(*span, &arn))
        })
        .collect();
    Some(edits?.concat())
}

/// What is certainly wrong with a principal, and how to show the principal.
fn fault_of(cx: &Context<'_, '_>, principal: &Value<'_>) -> Option<(Fault, String)> {
    match &principal.data {
        Data::Symbol(symbol) if symbol.key.as_ref() == "AWS::AccountId" => {
            Some((Fault::BareAccount, symbol.key.to_string()))
        }
        Data::Reference(reference) => {
            let resource = cx.template().resource(reference.resource);
            let fault = match (resource.kind.text.as_ref(), reference.attribute.as_deref()) {
                ("AWS::IAM::Role" | "AWS::IAM::User", None) => Fault::Name,
                ("AWS::IAM::Group" | "AWS::IAM::InstanceProfile", _) => Fault::Other,
                _ => return None,
            };
            Some((fault, resource.id.text.clone().into_owned()))
        }
        Data::Text(text) => fault_of_text(cx, text).map(|fault| (fault, text.clone().into_owned())),
        Data::Pieces(pieces) => {
            let text: String = pieces.iter().map(known_or_gap).collect();
            fault_of_text(cx, &text).map(|fault| (fault, text.replace(GAP, "...")))
        }
        _ => None,
    }
}

/// Stands for a stretch that is not known.
const GAP: &str = "\u{0}";

fn known_or_gap<'p>(piece: &'p Piece<'_>) -> &'p str {
    match &piece.data {
        Data::Text(text) => text,
        _ => GAP,
    }
}

fn fault_of_text(cx: &Context<'_, '_>, text: &str) -> Option<Fault> {
    let gaps = text.contains(GAP);
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !text.starts_with("arn:") {
        // Services of AWS are allowed too, by names such as `appflow.amazonaws.com`.
        let fine = gaps || text.is_empty() || text == "*" || text.contains('.');
        return match text {
            _ if fine => None,
            _ if is_account(text) => Some(Fault::BareAccount),
            _ if ["o-", "ou-", "r-"].iter().any(|start| text.starts_with(start)) => Some(Fault::Organisation),
            _ => Some(Fault::NoArn),
        };
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let &[_, partition, service, _, account, resource] = parts.as_slice() else {
        return if gaps { None } else { Some(Fault::NoArn) };
    };
    if partition.contains(GAP) && partition != GAP || service.contains(GAP) {
        return None;
    }
    match service {
        "organizations" => return Some(Fault::Organisation),
        "sts" => return Some(Fault::Session),
        "iam" => {}
        _ => return Some(Fault::Other),
    }
    if account.contains(['*', '?']) || resource.contains(['*', '?']) {
        return Some(Fault::Wildcard);
    }
    if !account.contains(GAP) && !is_account(account) {
        return Some(Fault::Account);
    }
    let kind = resource.split('/').next().unwrap_or(resource);
    if !kind.contains(GAP)
        && kind != "root"
        && !resource.starts_with("role/")
        && !resource.starts_with("user/")
    {
        return Some(Fault::Other);
    }
    let own = cx.network.scenario.pseudo("AWS::Partition");
    own.filter(|own| partition != GAP && *own != partition).map(|_| Fault::Partition)
}
