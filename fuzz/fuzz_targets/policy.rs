//! Any text as the policy of an endpoint: as it is, and as JSON inside a text.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let quoted =
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], "\\n"));
    for policy in [text, &quoted, &format!("{{\"Fn::Sub\": {quoted}}}")] {
        privatelint_fuzz::lint(&format!(
            r#"{{"Resources": {{"Table": {{"Type": "AWS::EC2::RouteTable", "Properties": {{"VpcId": "vpc-1"}}}}, "Endpoint": {{"Type": "AWS::EC2::VPCEndpoint", "Properties": {{"VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.s3", "RouteTableIds": [{{"Ref": "Table"}}], "PolicyDocument": {policy}}}}}}}}}"#
        ));
    }
});
