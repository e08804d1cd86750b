//! What may be set beside the tables of single rules: names, words for each, and examples for a new file.

/// A setting that belongs to no rule.
pub(super) struct General {
    /// The key at the top of the file.
    pub(super) name: &'static str,
    /// One phrase.
    pub(super) summary: &'static str,
    /// What a new file shows of it.
    pub(super) example: &'static str,
}

/// All of them, first those that stand alone, then those that are tables.
pub(super) static GENERAL: &[General] = &[
    General {
        name: "select",
        summary: "Only these rules; a persona such as `pedantic` means all its rules",
        example: "select = [\"default\", \"perimeter\"]",
    },
    General {
        name: "extend-select",
        summary: "These rules or personas too, beside those that run anyway",
        example: "extend-select = [\"pedantic\"]",
    },
    General {
        name: "ignore",
        summary: "Never these rules or personas",
        example: "ignore = [\"endpoint-service-untagged\"]",
    },
    General {
        name: "assume",
        summary: "Whether VPCs from outside a template may hold more than it shows (`open`) or not (`closed`)",
        example: "assume = \"open\"",
    },
    General {
        name: "region",
        summary: "The Region of the stacks, as if `AWS::Region` were given",
        example: "region = \"eu-west-1\"",
    },
    General {
        name: "account",
        summary: "The account of the stacks, as if `AWS::AccountId` were given",
        example: "account = \"111122223333\"",
    },
    General {
        name: "shared-endpoints",
        summary: "Services, or `*` for all, that every VPC reaches by endpoints elsewhere: they are never missed",
        example: "shared-endpoints = [\"ssm\", \"ecr.api\"]",
    },
    General {
        name: "central-endpoints",
        summary: "VPCs, or `*` for all, whose endpoints get their names from private zones elsewhere: private DNS is off on purpose",
        example: "central-endpoints = [\"HubVpc\"]",
    },
    General {
        name: "parameters",
        summary: "Values of template parameters",
        example: "[parameters]\nEnvironment = \"prod\"\nSubnetIds = [\"subnet-1\", \"subnet-2\"]",
    },
    General {
        name: "severity",
        summary: "Other severities for rules: `error`, `warning` or `info`",
        example: "[severity]\nacceptance-off = \"error\"",
    },
    General {
        name: "per-file-ignores",
        summary: "Rules or personas that are never said of some files, named from the folder of this file",
        example: "[per-file-ignores]\n\"legacy/**\" = [\"private-dns-off\"]",
    },
    General {
        name: "deployment",
        summary: "How a template is deployed: what is found in some deployments only is told with their names",
        example: "[[deployment]]\nname = \"prod\"\ntemplate = \"stacks/network.yaml\"\nparameters = \"stacks/prod.json\"\nregion = \"eu-west-1\"",
    },
];

/// What a deployment may hold, with a phrase for each.
pub(super) const DEPLOYMENT: &[(&str, &str)] = &[
    ("name", "What people call it"),
    ("template", "The template, from the folder of this file"),
    ("parameters", "A file of parameters from the folder of this file, several, or the values themselves"),
    ("region", "Its Region, as if `AWS::Region` were given"),
    ("account", "Its account, as if `AWS::AccountId` were given"),
];

/// Whether a text has the form of a Region's name: `eu-west-1`, `us-gov-east-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [words @ .., number] = parts.as_slice() else { return false };
    let word = |part: &&str| part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    words.len() >= 2 && words.iter().all(word) && number.len() == 1 && number.as_bytes()[0].is_ascii_digit()
}

/// Whether a text has the form of an account's number.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_account, is_region};

    #[test]
    fn regions_and_accounts_have_a_form() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-5", "us-isob-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["eu-west1", "eu-west-1a", "EU-West-1", "Ireland", "", "-", "eu-1"] {
            assert!(!is_region(other), "{other}");
        }
        assert!(is_account("000122223333"));
        assert!(!is_account("1111-2222-3333") && !is_account("11112222333"));
    }
}
