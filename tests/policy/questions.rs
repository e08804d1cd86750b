//! What rules ask of a policy: buckets of AWS, perimeter keys, statements that allow everything, lengths.

use privatelint::facts;
use privatelint::policy::{Caller, Context, Part, Place, Request, Verdict, evaluate};
use privatelint::text::Span;

use crate::table::{current, statements, verdict};
use crate::{template, with_policy};

#[test]
fn buckets_of_aws() {
    let layers = "!Sub 'arn:${AWS::Partition}:s3:::prod-${AWS::Region}-starport-layer-bucket/*'";
    let organisation = "Condition: {StringEquals: {'aws:PrincipalOrgID': !Ref Org}}";
    let own = "Resource: [!GetAtt Bucket.Arn, !Sub '${Bucket.Arn}/*', !Sub 'arn:aws:s3:::${Bucket}/*']";
    let perimeter = "Deny, Condition: {StringNotEqualsIfExists: {'aws:ResourceOrgID': !Ref Org}}";
    let foreign = "Condition: {StringEquals: {'aws:ResourceAccount': !Ref 'AWS::AccountId'}}";
    let services = "Condition: {Bool: {'aws:PrincipalIsAWSService': 'true'}}";
    for (written, layers_are, responses_are, packages_are) in [
        (vec!["Allow".to_owned()], "allowed", "allowed", "allowed"),
        (vec![format!("Allow, {organisation}")], "denied", "denied", "denied"),
        (vec![format!("Allow, {own}")], "denied", "denied", "denied"),
        (vec![format!("Allow, {foreign}")], "denied", "denied", "denied"),
        (vec![format!("Allow, {organisation}"), format!("Allow, {services}")], "denied", "allowed", "denied"),
        (
            vec![format!("Allow, {organisation}"), format!("Allow, Resource: {layers}")],
            "allowed",
            "denied",
            "denied",
        ),
        (vec!["Allow".to_owned(), perimeter.to_owned()], "denied", "denied", "denied"),
        (vec![format!("Allow, Action: 's3:Get*', {own}, {organisation}")], "denied", "denied", "denied"),
        (vec!["Allow, Resource: !Sub 'arn:aws:s3:::${P}/*'".to_owned()], "unknown", "unknown", "unknown"),
        (vec!["Allow, Resource: 'arn:aws:s3:::reports/*'".to_owned()], "denied", "denied", "denied"),
        (vec!["Allow, Resource: 'arn:aws:s3:::prod-*'".to_owned()], "unknown", "denied", "denied"),
        (vec!["Allow, Principal: {AWS: !Ref 'AWS::AccountId'}".to_owned()], "denied", "denied", "denied"),
    ] {
        let name = written.join(" / ");
        let source = template(&statements(&current(), &written));
        with_policy(&source, |_, policy| {
            let ask = |id: &str| {
                let bucket = facts::bucket(id).unwrap();
                let requests = Request::to_buckets(bucket, Place::Gateway, &policy.stack);
                let verdicts: Vec<Verdict> =
                    requests.iter().map(|request| evaluate(policy, request).verdict).collect();
                assert!(verdicts.iter().all(|one| *one == verdicts[0]), "{name}: {verdicts:?}");
                verdicts[0]
            };
            assert_eq!(ask("ecr-layers"), verdict(layers_are), "{name}");
            assert_eq!(ask("cfn-custom-resource"), verdict(responses_are), "{name}");
            assert_eq!(ask("amazon-linux-2023"), verdict(packages_are), "{name}");
        });
    }
}

#[test]
fn names_that_are_given() {
    let written = ["Allow, Resource: [!Sub 'arn:aws:s3:::${P}/*', !Sub 'arn:aws:s3:::${P}']".to_owned()];
    with_policy(&template(&statements(&current(), &written)), |_, policy| {
        let bucket = facts::bucket("ecr-layers").unwrap();
        let [request] = Request::to_buckets(bucket, Place::Gateway, &policy.stack).try_into().unwrap();
        assert_eq!(evaluate(policy, &request).verdict, Verdict::Unknown);
        let request: Request = request.assuming_given_names_are_of_others();
        assert_eq!(evaluate(policy, &request).verdict, Verdict::Denied);
    });
}

#[test]
fn what_rules_ask() {
    let source = template(
        "!Sub |\n  {\"Version\": \"2012-10-17\", \"Statement\": [\n    \
         {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": [\"s3:Put*\", \"s3:Get*\"], \"Resource\": \"arn:aws:s3:::${P}*\",\n     \
         \"Condition\": {\"StringNotEquals\": {\"AWS:ResourceOrgID\": \"${Org}\", \"aws:PrincipalOrgID\": \"o-1\", \"a:b\": \"c\"}}},\n    \
         {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"*\"}, \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
    );
    with_policy(&source, |source, policy| {
        let slice = |span: Span| &source[span.range()];
        let keys: Vec<_> = policy.statements[0]
            .perimeter()
            .map(|(condition, side)| (slice(condition.key.span), side, slice(condition.span())))
            .collect();
        let expected = [
            ("\"AWS:ResourceOrgID\"", facts::Perimeter::Resource, "\"${Org}\""),
            ("\"aws:PrincipalOrgID\"", facts::Perimeter::Identity, "\"o-1\""),
        ];
        assert_eq!(keys, expected);
        assert!(policy.statements[0].allows_everything(&["s3"], None).is_none());
        let everything = policy.statements[1].allows_everything(&["s3"], None).unwrap();
        let places = [everything.principal, everything.action, everything.resource].map(slice);
        assert_eq!(places, ["\"*\"", "\"s3:*\"", "\"*\""]);

        let request = Request::new(Place::Gateway, Caller::Anonymous, "s3:GetObject", "arn:aws:s3:::b/k");
        let request = request.with("aws:ResourceOrgID", Context::Absent).with("a:b", Context::is("d"));
        let decision = evaluate(policy, &request);
        assert_eq!((decision.verdict, decision.by), (Verdict::Unknown, None));
        let [trial] = decision.why.as_slice() else { panic!("{decision:?}") };
        let open: Vec<_> = trial.parts.iter().filter(|finding| finding.fits.is_none()).collect();
        assert_eq!(
            (open.len(), open[0].part, slice(open[0].span)),
            (1, Part::Resource, "\"arn:aws:s3:::${P}*\"")
        );

        // Without the two pieces and the white space: `${P}` and `${Org}` count nothing.
        let text = &source[policy.span.range()];
        let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        assert_eq!(policy.compact.characters, compact.len() - "${P}${Org}".len());
        assert!(!policy.compact.exact);
        let written = policy.written.unwrap();
        assert!(!written.exact && written.characters > policy.compact.characters);
    });
}

#[test]
fn lengths() {
    let length = |policy: &str| with_policy(&template(policy), |_, policy| (policy.compact, policy.written));
    let (compact, written) = length("{Version: '2012-10-17', Id: \"a\\\"b\", Statement: []}");
    let json = r#"{"Version":"2012-10-17","Id":"a\"b","Statement":[]}"#;
    assert_eq!((compact.characters, compact.exact, written), (json.len(), true, None));
    let (compact, written) = length(&format!("'{}'", json.replace(',', " , ")));
    assert_eq!((compact.characters, written.unwrap().characters), (json.len(), json.len() + 4));
    assert!(written.unwrap().exact);
}
