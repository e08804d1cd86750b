-- privatelint in Neovim 0.7 or newer: load this file from init.lua.
--
-- `vim.g.privatelint` may hold what shall be different, as in { cmd = { '/opt/privatelint', 'lsp' } }.

local clients = {}

local function attach(buffer)
  local folder = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':p:h')
  local config = vim.tbl_extend('force', {
    name = 'privatelint',
    cmd = { 'privatelint', 'lsp' },
    root_dir = folder,
    -- inlayHints: where the routes of subnets lead, and what endpoints cost in a month
    init_options = { inlayHints = false },
  }, vim.g.privatelint or {})
  if vim.lsp.start then
    config.root_dir = vim.fs.root and vim.fs.root(buffer, { 'privatelint.toml', '.git' }) or folder
    vim.lsp.start(config, { bufnr = buffer })
  else
    clients[folder] = clients[folder] or vim.lsp.start_client(config)
    if clients[folder] then
      vim.lsp.buf_attach_client(buffer, clients[folder])
    end
  end
end

-- The server says nothing about files that are no templates; of TOML files it looks at privatelint.toml only.
vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  pattern = { '*.yaml', '*.yml', '*.json', '*.template', 'privatelint.toml' },
  callback = function(event)
    attach(event.buf)
  end,
})
