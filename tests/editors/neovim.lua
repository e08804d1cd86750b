-- The session that neovim.sh lets Neovim have with the language server.

local rule = 'endpoint-type-service-mismatch'
local encoding = os.getenv('ENCODING')

local function fail(words)
  io.stderr:write('\nneovim: ' .. words .. '\n')
  vim.cmd('cquit 1')
end

local function check(condition, words)
  if not condition then
    fail(words)
  end
end

local function session()
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.general = capabilities.general or {}
  capabilities.general.positionEncodings = { encoding }
  capabilities.offsetEncoding = nil
  -- As a user has it, with another binary and another encoding.
  vim.g.privatelint = {
    cmd = { os.getenv('PRIVATELINT'), 'lsp' },
    capabilities = capabilities,
    -- Neovim before 0.11 does not read what was negotiated.
    offset_encoding = encoding,
  }
  vim.cmd('luafile editors/neovim/privatelint.lua')
  vim.cmd('edit ' .. vim.fn.fnameescape(os.getenv('TEMPLATE')))

  local function found()
    for _, one in ipairs(vim.diagnostic.get(0)) do
      if one.user_data and one.user_data.lsp and one.user_data.lsp.code == rule or one.code == rule then
        return one
      end
    end
  end
  check(vim.wait(60000, function() return found() ~= nil end, 20), 'no finding of ' .. rule)

  -- Neovim counts columns in bytes, whatever was negotiated.
  local line = vim.fn.search('VpcEndpointType', 'nw')
  local text = vim.fn.getline(line)
  local column = text:find('Gateway', 1, true) - 1
  local one = found()
  check(one.lnum == line - 1, 'on line ' .. one.lnum .. ', not ' .. line - 1)
  check(one.col == column, 'at column ' .. one.col .. ', not ' .. column)
  check(one.end_col == column + #'Gateway', 'up to column ' .. one.end_col)
  check(one.severity == vim.diagnostic.severity.ERROR, 'not an error')

  vim.api.nvim_win_set_cursor(0, { line, column })
  local client = vim.tbl_values((vim.lsp.get_clients or vim.lsp.buf_get_clients)(vim.lsp.get_clients and { bufnr = 0 } or 0))[1]
  local params = vim.lsp.util.make_position_params(0, encoding)
  local hover = client.request_sync('textDocument/hover', params, 10000, 0)
  check(hover and hover.result.contents.value:find('# ' .. rule, 1, true), 'no page of the rule')

  params = vim.lsp.util.make_range_params(0, encoding)
  params.context = { diagnostics = {}, only = { 'quickfix' } }
  local actions = client.request_sync('textDocument/codeAction', params, 10000, 0)
  check(actions and actions.result, 'no actions')
  local mended = false
  for _, action in ipairs(actions.result) do
    if action.edit and not mended and not action.title:find('^ignore ') then
      vim.lsp.util.apply_workspace_edit(action.edit, encoding)
      mended = true
    end
  end
  check(mended, 'no fix')
  check(not vim.fn.getline(line):find('Gateway', 1, true), 'not mended: ' .. vim.fn.getline(line))
  check(vim.fn.getline(line):find("'😀 größe'", 1, true), 'something else has changed: ' .. vim.fn.getline(line))
  check(vim.wait(60000, function() return found() == nil end, 20), 'the finding stays')

  vim.cmd('undo')
  check(vim.wait(60000, function() return found() ~= nil end, 20), 'the finding does not come back')
  client.stop()
  check(vim.wait(10000, function() return client.is_stopped() end, 20), 'the server does not stop')
end

local ok, trouble = pcall(session)
if not ok then
  fail(tostring(trouble))
end
io.stdout:write('\nok: a finding at its column, its page and its fix, columns in ' .. encoding .. '\n')
vim.cmd('qall!')
