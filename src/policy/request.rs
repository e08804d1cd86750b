//! A request that a policy is asked about: who wants to do what with what, and the context keys that it carries.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::facts::{Bucket, Signer, policy_facts};

use super::spelling::Spelling;
use super::stack::Stack;

/// A request. Each part of it may be known, stand for something that is not known, or be unknown altogether.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose policy is asked.
    pub(super) place: Place,
    /// Who makes it.
    pub(super) caller: Caller,
    /// The action, with its prefix.
    pub action: Spelling,
    /// The ARN of the resource.
    pub resource: Spelling,
    owner: Owner,
    /// The account of the stack, where it is known and the resource is not of it.
    foreign_account: Option<Rc<str>>,
    /// Context keys; the last of two with one name holds.
    context: Vec<(&'static str, Context)>,
    /// Those that the caller and the owner of the resource bring along, once somebody asks: few policies have conditions.
    brought: OnceCell<Vec<(&'static str, Context)>>,
    /// What holds for all other keys.
    others: Context,
}

/// Whose the resource of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// That of the stack or anybody else.
    Anybody,
    /// AWS: nothing that the stack makes has its name.
    Aws,
    /// The same, and nothing that is given to the stack has it either.
    AwsAndNotGiven,
}

/// Where a request meets the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At a gateway endpoint.
    Gateway,
    /// At an interface endpoint.
    Interface,
    /// At the resource itself.
    Resource,
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody: the request is not signed.
    Anonymous,
    /// A user, a role or the root user of an account.
    Identity(Identity),
    /// A service principal such as `cloudformation.amazonaws.com`.
    Service(Spelling),
    /// AWS, by an account of its own or by a service principal.
    Aws,
    /// Not known.
    Unknown,
}

/// A user, a role or the root user of an account.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The account.
    pub account: Spelling,
    /// The ARN of the user, the role or the root user: what `aws:PrincipalArn` says.
    pub arn: Spelling,
    /// For a role, the ARN of the session.
    pub session: Option<Spelling>,
}

/// What a request says for a context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Context {
    /// It does not carry the key.
    Absent,
    /// These values: one, or those of a key that has several.
    Present(Vec<Spelling>),
    /// These values, or it does not carry the key.
    Perhaps(Vec<Spelling>),
    /// Not known, not even whether it carries the key.
    Unknown,
}

impl Context {
    /// One value.
    pub fn is(value: impl Into<Spelling>) -> Self {
        Self::Present(vec![value.into()])
    }
}

/// IAM prefixes of services whose actions are about `*` or about resources with an account in their ARN.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html> and its neighbours.
const WITH_ACCOUNT: &[&str] = &["dynamodb", "kms", "secretsmanager", "sqs"];

/// Stands for all keys of a family, such as the tags of a principal.
const FAMILY: &str = "/";

impl Request {
    /// A request that carries what such a caller's requests always carry and, through an endpoint, no
    /// `aws:SourceIp`. Of all other keys it is not known whether it carries them.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub fn new(
        place: Place,
        caller: Caller,
        action: impl Into<Spelling>,
        resource: impl Into<Spelling>,
    ) -> Self {
        let mut context = Vec::new();
        if place != Place::Resource {
            context.push(("aws:SourceIp", Context::Absent));
        }
        Self {
            place,
            caller,
            action: action.into(),
            resource: resource.into(),
            owner: Owner::Anybody,
            foreign_account: None,
            context,
            brought: OnceCell::new(),
            others: Context::Unknown,
        }
    }

    /// The requests that need buckets of AWS for a purpose, one for each pattern of `arns`, through an endpoint of a
    /// stack. What AWS does not tell of itself differs from everything that a template says.
    pub fn to_buckets(bucket: &Bucket, place: Place, stack: &Stack) -> Vec<Self> {
        let caller = Caller::of_signer(bucket, stack);
        let request = |arn: &String| {
            let resource = resource_of_aws(arn, stack);
            let mut request = Self::new(place, caller.clone(), bucket.action.as_str(), resource);
            if bucket.auth != Signer::Anonymous {
                // Signed URLs are made for HTTPS, and clients of AWS use nothing else unless told.
                request = request.with("aws:SecureTransport", Context::is("true"));
            }
            request.owner = Owner::Aws;
            request.foreign_account = stack.known_account().map(Rc::from);
            request
        };
        bucket.arns.iter().map(request).collect()
    }

    /// A request that stands for all that there are.
    pub fn any(place: Place) -> Self {
        Self::new(place, Caller::Unknown, Spelling::unknown(), Spelling::unknown())
    }

    /// Requests that stand for all that a service can be asked, by anybody: those for its actions with this IAM prefix,
    /// one for each form that the ARNs of its resources have. What is said of all of them is said of everything.
    pub fn all_of(prefix: &str, place: Place, stack: &Stack) -> Vec<Self> {
        let action = Spelling::from(format!("{prefix}:")).then(Spelling::unknown());
        let request = |resource: Spelling| Self::new(place, Caller::Unknown, action.clone(), resource);
        if !WITH_ACCOUNT.contains(&prefix) {
            return vec![request(Spelling::unknown())];
        }
        let arn = |region: Spelling| {
            Spelling::from("arn:")
                .then(stack.partition())
                .then(format!(":{prefix}:").into())
                .then(region)
                .then(":".into())
                .then(Spelling::any_account())
                .then(":".into())
                .then(Spelling::unknown())
        };
        vec![request(arn(Spelling::any_region())), request(arn(Spelling::default())), request("*".into())]
    }

    /// A request to a service, with this IAM prefix, by a role of an account that no template names, on a resource of that
    /// account: what a perimeter is there to stop.
    pub fn of_stranger(prefix: &str, place: Place, stack: &Stack) -> Self {
        let account = || Spelling::undisclosed(ACCOUNT);
        let resource = Spelling::from("arn:").then(stack.partition()).then(format!(":{prefix}:").into());
        let resource = match prefix {
            "s3" => resource.then("::".into()).then(Spelling::undisclosed("bucket")).then("/".into()),
            _ => resource.then(Spelling::any_region()).then(":".into()).then(account()).then(":".into()),
        };
        let action = Spelling::from(format!("{prefix}:")).then(Spelling::unknown());
        Self::new(place, Caller::account_of_aws(stack), action, resource.then(Spelling::unknown()))
            .with("aws:ResourceAccount", Context::is(account()))
            .with("s3:ResourceAccount", Context::is(account()))
            .with("aws:ResourceOrgID", undisclosed("organisation"))
            .with("aws:ResourceOrgPaths", undisclosed("organisation path"))
            .with("aws:ResourceTag/", undisclosed("tag"))
            .with("aws:SecureTransport", Context::is("true"))
    }

    /// What CloudFormation, the console or anybody with a role of the stack's account asks by another way than
    /// through an endpoint: without the keys that tell of one.
    pub fn outside_endpoints(stack: &Stack, action: impl Into<Spelling>) -> Self {
        let request = Self::new(Place::Resource, Caller::role_of(stack), action, Spelling::unknown());
        let keys = &policy_facts().condition_keys.resource_policy_network;
        keys.iter().fold(request, |request, key| request.with(key, Context::Absent))
    }

    /// What anybody with a role of the stack's account asks a resource through an endpoint: without `aws:SourceIp`.
    pub fn through_endpoint(stack: &Stack) -> Self {
        let request =
            Self::new(Place::Resource, Caller::role_of(stack), Spelling::unknown(), Spelling::unknown());
        let keys = &policy_facts().condition_keys.never_matches_through_an_endpoint;
        keys.iter().fold(request, |request, key| request.with(key, Context::Absent))
    }

    /// With what it says for a key, or for all keys of a family that ends in a slash, such as `aws:PrincipalTag/`.
    #[must_use]
    pub fn with(mut self, key: &'static str, context: Context) -> Self {
        self.context.push((key, context));
        self
    }

    /// Without any key that is not named: all others are absent.
    #[must_use]
    pub fn with_nothing_else(mut self) -> Self {
        self.others = Context::Absent;
        self
    }

    /// What it says for a key; case does not matter.
    pub fn context(&self, key: &str) -> &Context {
        let named = |name: &str| {
            name.eq_ignore_ascii_case(key)
                || (name.ends_with(FAMILY)
                    && key.get(..name.len()).is_some_and(|family| family.eq_ignore_ascii_case(name)))
        };
        let brought = || self.brought.get_or_init(|| self.brought()).iter();
        let mut known = self.context.iter().rev().chain(std::iter::once_with(brought).flatten().rev());
        known.find(|(name, _)| named(name)).map_or(&self.others, |(_, context)| context)
    }

    fn brought(&self) -> Vec<(&'static str, Context)> {
        let mut keys = self.caller.context();
        if self.owner != Owner::Anybody {
            let account = || Context::is(Spelling::account_of_aws(self.foreign_account.as_deref()));
            keys.extend([
                ("aws:ResourceAccount", account()),
                ("s3:ResourceAccount", account()),
                ("aws:ResourceOrgID", undisclosed("organisation")),
                ("aws:ResourceOrgPaths", undisclosed("organisation path")),
                ("aws:ResourceTag/", undisclosed("tag")),
                ("s3:ExistingObjectTag/", undisclosed("tag")),
            ]);
        }
        keys
    }

    /// Taking it that no parameter or import names a bucket of AWS. That is a guess, though nearly always a good one: what
    /// rests on it is less than certain.
    #[must_use]
    pub fn assuming_given_names_are_of_others(mut self) -> Self {
        if self.owner == Owner::Aws {
            self.owner = Owner::AwsAndNotGiven;
        }
        self
    }

    /// Whose the resource is.
    pub(super) fn owner(&self) -> Owner {
        self.owner
    }
}

impl Caller {
    /// A role of the stack's account, of which nothing else is known.
    pub fn role_of(stack: &Stack) -> Self {
        Self::Identity(Identity::role_in(stack.account(), stack))
    }

    /// An account of AWS that makes signed URLs, such as that of Amazon ECR.
    pub fn account_of_aws(stack: &Stack) -> Self {
        Self::Identity(Identity::role_in(Spelling::undisclosed(ACCOUNT), stack))
    }

    fn of_signer(bucket: &Bucket, stack: &Stack) -> Self {
        match bucket.auth {
            Signer::Anonymous => Self::Anonymous,
            Signer::Caller => Self::role_of(stack),
            Signer::PresignedAccount => Self::account_of_aws(stack),
            // CloudFormation is the only one.
            Signer::PresignedService => Self::Service("cloudformation.amazonaws.com".into()),
            Signer::PresignedAws => Self::Aws,
        }
    }

    /// The keys about the principal.
    fn context(&self) -> Vec<(&'static str, Context)> {
        match self {
            Self::Anonymous => vec![
                ("aws:PrincipalAccount", Context::is("anonymous")),
                ("aws:userid", Context::is("anonymous")),
                ("aws:PrincipalType", Context::is("Anonymous")),
                ("aws:PrincipalArn", Context::Absent),
                ("aws:PrincipalIsAWSService", Context::Absent),
                ("aws:PrincipalOrgID", Context::Absent),
                ("aws:PrincipalOrgPaths", Context::Absent),
                ("aws:PrincipalServiceName", Context::Absent),
                ("aws:PrincipalServiceNamesList", Context::Absent),
                ("aws:PrincipalTag/", Context::Absent),
                ("aws:username", Context::Absent),
            ],
            Self::Identity(identity) => {
                let mut keys = vec![
                    ("aws:PrincipalAccount", Context::is(identity.account.clone())),
                    ("aws:PrincipalArn", Context::is(identity.arn.clone())),
                    ("aws:PrincipalIsAWSService", Context::is("false")),
                    ("aws:PrincipalServiceName", Context::Absent),
                    ("aws:PrincipalServiceNamesList", Context::Absent),
                ];
                if identity.account == Spelling::undisclosed(ACCOUNT) {
                    keys.push(("aws:PrincipalOrgID", undisclosed("organisation")));
                    keys.push(("aws:PrincipalOrgPaths", undisclosed("organisation path")));
                    keys.push(("aws:PrincipalTag/", undisclosed("tag")));
                }
                keys
            }
            Self::Service(name) => vec![
                ("aws:PrincipalIsAWSService", Context::is("true")),
                ("aws:PrincipalServiceName", Context::is(name.clone())),
                ("aws:PrincipalAccount", undisclosed(ACCOUNT)),
                ("aws:PrincipalArn", undisclosed("principal")),
                ("aws:PrincipalOrgID", Context::Absent),
                ("aws:PrincipalOrgPaths", Context::Absent),
                ("aws:username", Context::Absent),
            ],
            Self::Aws => vec![
                ("aws:PrincipalAccount", undisclosed(ACCOUNT)),
                ("aws:PrincipalOrgID", undisclosed("organisation")),
                ("aws:PrincipalOrgPaths", undisclosed("organisation path")),
                ("aws:PrincipalTag/", undisclosed("tag")),
                ("aws:username", Context::Absent),
            ],
            Self::Unknown => Vec::new(),
        }
    }
}

/// What only AWS knows, and perhaps does not say.
fn undisclosed(name: &str) -> Context {
    Context::Perhaps(vec![Spelling::undisclosed(name)])
}

/// The account of AWS that makes a request.
const ACCOUNT: &str = "account";

impl Identity {
    /// A role with an unknown name.
    fn role_in(account: Spelling, stack: &Stack) -> Self {
        let arn = |service: &str, account: &Spelling, kind: &str| {
            Spelling::from("arn:")
                .then(stack.partition())
                .then(format!(":{service}::").into())
                .then(account.clone())
                .then(format!(":{kind}/").into())
                .then(Spelling::unknown())
        };
        let session = arn("sts", &account, "assumed-role");
        Self { arn: arn("iam", &account, "role"), session: Some(session), account }
    }
}

/// What a pattern of the facts stands for: names in braces are those of the stack or not known, `*` is any text.
fn resource_of_aws(arn: &str, stack: &Stack) -> Spelling {
    let mut result = Spelling::default();
    let mut rest = arn;
    while let Some(at) = rest.find(['{', '*']) {
        result = result.then(rest[..at].into());
        rest = &rest[at..];
        let name = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (value, behind) = match name {
            Some(("partition", behind)) => (stack.partition(), behind),
            Some(("region", behind)) => (stack.region(), behind),
            Some(("regionnodash", behind)) => (stack.region_without_hyphens(), behind),
            Some((_, behind)) => (Spelling::unknown_field(), behind),
            // At the end it is the key of an object, in between a part of the name of a bucket.
            None if rest.len() == 1 => (Spelling::unknown(), ""),
            None => (Spelling::unknown_field(), &rest[1..]),
        };
        result = result.then(value);
        rest = behind;
    }
    result.then(rest.into())
}
