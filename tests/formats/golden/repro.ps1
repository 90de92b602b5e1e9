# PowerShell 5.1 or later

# 206 works contoso/azure.sora1.content-video@preview
Invoke-WebRequest -UseBasicParsing -MaximumRedirection 0 -Uri 'https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video?api-version=preview' -Headers @{ 'api-key' = $env:AZURE_OPENAI_API_KEY } -OutFile 'video.mp4'

# 206 works contoso/azure.sora1.content-video@v1
# Invoke-WebRequest -UseBasicParsing -MaximumRedirection 0 -Uri 'https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video?api-version=v1' -Headers @{ 'api-key' = $env:AZURE_OPENAI_API_KEY } -OutFile 'video.mp4'

# 404 not found contoso/azure.sora1.content@preview
# Invoke-WebRequest -UseBasicParsing -MaximumRedirection 0 -Uri 'https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content?api-version=preview' -Headers @{ 'api-key' = $env:AZURE_OPENAI_API_KEY } -OutFile 'answer.json'
