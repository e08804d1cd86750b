#!/usr/bin/env bash
# A real editor against the language server: Neovim without a window opens a template, shows a finding at the right column,
# makes its fix and sees it gone. Installs Neovim where that is possible without asking.
#
#   tests/editors/neovim.sh [PRIVATELINT]    default: target/release/privatelint
set -euo pipefail
cd "$(dirname "$0")/../.."
server=$(realpath "${1:-target/release/privatelint}")

if ! command -v nvim >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    install() { DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends neovim; }
    install >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1 && install >/dev/null 2>&1; } || true
fi
if ! command -v nvim >/dev/null; then
    echo 'skipped: no Neovim here, and none could be installed'
    exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/größe.yaml" <<'TEMPLATE'
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: callers, VpcId: !Ref Vpc}
  Images:
    Type: AWS::EC2::VPCEndpoint
    Properties: {Tags: [{Key: é, Value: '😀 größe'}], ServiceName: !Sub 'com.amazonaws.${AWS::Region}.ecr.dkr', VpcEndpointType: Gateway, VpcId: !Ref Vpc, SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}
TEMPLATE

nvim --version | sed -n 1p
for encoding in utf-16 utf-8; do
    PRIVATELINT="$server" ENCODING="$encoding" TEMPLATE="$folder/größe.yaml" XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder" XDG_STATE_HOME="$folder" \
        timeout 120 nvim --headless --clean -n -c 'luafile tests/editors/neovim.lua'
done
