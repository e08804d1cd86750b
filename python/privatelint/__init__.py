"""privatelint, a linter for AWS CloudFormation templates that knows networks; the program itself is a binary."""
